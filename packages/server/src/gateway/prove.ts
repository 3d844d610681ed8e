import type { DeviceCursors } from "../chat/device-cursors.ts";
import type { Seat } from "../chat/seat.ts";
import type { Device } from "../log/contract.ts";
import type {
	DeliveryProof,
	ProvingConnection,
	ProvingSeat,
} from "./delivery.ts";

/**
 * Advances a device's cursor as its connection proves which entries it has received.
 * @param provesOpening whether the client already has every entry before the seat's first
 */
export function prove(
	proof: DeliveryProof,
	cursors: DeviceCursors,
	connection: ProvingConnection,
	seat: Seat,
	device: Device,
	provesOpening: boolean,
): ProvingSeat {
	const { conversationId, userId, deviceId } = device;
	const proving: ProvingSeat = {
		get writtenSeq() {
			return seat.writtenSeq;
		},
		proved: (seq) => cursors.advance(device, seq),
	};
	proof.add(
		connection,
		proving,
		`${conversationId} ${userId} ${deviceId}`,
		provesOpening,
	);
	return proving;
}
