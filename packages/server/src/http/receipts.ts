import { type RestShapes, rfc3339 } from "@secureconnect/protocol";
import type { Delivery, MessageLog } from "../log/contract.ts";

type Receipt = RestShapes["receipts"]["receipts"][number];

const MAX_RECEIPTS = 1000;

/** Reads each participant's read watermark and the delivery cursors of their devices. */
export async function receipts(
	log: MessageLog,
	conversationId: string,
	now: number,
): Promise<Receipt[]> {
	const [watermarks, deliveries] = await Promise.all([
		log.watermarks(conversationId, MAX_RECEIPTS),
		log.deliveries(conversationId, now, MAX_RECEIPTS),
	]);
	const byUser = new Map<string, Receipt>();
	for (const { userId, name, messageId, seq } of watermarks)
		byUser.set(userId, {
			userId,
			...(name === null ? {} : { name }),
			read: { messageId, seq },
		});
	for (const [userId, devices] of Map.groupBy(deliveries, (it) => it.userId)) {
		const [furthest] = devices;
		if (!furthest) continue;
		const { name } = furthest;
		byUser.set(userId, {
			userId,
			...(name === null ? {} : { name }),
			...byUser.get(userId),
			...delivered(furthest),
			...(devices.length < 2
				? {}
				: {
						devices: devices.map((device) => ({
							deviceId: device.deviceId,
							...delivered(device),
							updatedAt: rfc3339(device.updatedAt),
						})),
					}),
		});
	}
	return [...byUser.values()];
}

/** Returns no field if not even the first entry has arrived. */
function delivered({ messageId, seq }: Delivery): Pick<Receipt, "delivered"> {
	return messageId === null ? {} : { delivered: { messageId, seq } };
}
