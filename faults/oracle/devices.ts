/** Checks that a client with a device id receives each entry at least once, and none again that it acknowledged. */
import { connectionsOf } from "./delivering.ts";
import { duplicated, type Finding, lost, type RoomRecord } from "./record.ts";

/** Checks that a device receives every entry since its first connection, and that no connection skips one. */
export function deviceMissedNothing(room: RoomRecord): Finding[] {
	const head = room.stored.at(-1)?.seq ?? 0;
	return room.clients.flatMap((client) => {
		const due = firstDue(room, client);
		if (client.resumes !== "device" || due === undefined) return [];
		const found: Finding[] = [];
		let shown = due - 1;
		for (const { number, delivered } of connectionsOf(client.events)) {
			const first = delivered[0]?.seq ?? 0;
			if (first > shown + 1)
				found.push(
					lost(
						`connection ${number} of ${client.name} began with ${first}, and ${shown} had come before`,
					),
				);
			shown = Math.max(shown, ...delivered.map(({ seq }) => seq));
		}
		if (shown < head)
			found.push(lost(`${client.name} received ${shown} last, of ${head}`));
		return found;
	});
}

/**
 * Checks that proven entries do not come again. A pong proves entries if it arrived, which is known if the server
 * stored a later message of the same connection. A process that ends may lose the proofs that it has not written.
 */
export function provenStaysProven({ clients, starts }: RoomRecord): Finding[] {
	return clients.flatMap(({ name, resumes, events }) => {
		if (resumes !== "device") return [];
		const found: Finding[] = [];
		const said = new Set<string>();
		/** When the connection of the proof opened. */
		let proven = { seq: 0, since: 0 };
		let since = 0;
		let shown = 0;
		let ponged = 0;
		/** Message to the newest entry received before the last pong that the client sent before the message. */
		let ahead = new Map<string, number>();
		const forget = (now: number): void => {
			if (starts.some((at) => at > proven.since && at < now))
				proven = { seq: 0, since };
		};
		for (const event of events)
			switch (event.kind) {
				case "connecting":
					[since, shown, ponged, ahead] = [event.at, 0, 0, new Map()];
					break;
				case "delivered": {
					const { seq } = event.entry;
					const isFirst = shown === 0;
					forget(event.at);
					if (isFirst && seq <= proven.seq)
						found.push(
							duplicated(
								`connection ${event.connection} of ${name} began with ${seq}, and ${proven.seq} was proven`,
							),
						);
					shown = seq;
					break;
				}
				case "pinged":
					ponged = shown;
					break;
				case "sent":
					// If an earlier connection sent the message, the server may have stored it without reading this connection.
					if (!said.has(event.content)) ahead.set(event.content, ponged);
					said.add(event.content);
					break;
				case "acknowledged": {
					const seq = ahead.get(event.content) ?? 0;
					forget(event.at);
					if (seq >= proven.seq) proven = { seq, since };
				}
			}
		return found;
	});
}

/**
 * Returns the first entry that a device must receive. It is not after the first entry that the device received, nor
 * after any entry that was sent first while its connection was open.
 */
function firstDue(
	{ clients, stored }: RoomRecord,
	{ events }: RoomRecord["clients"][number],
): number | undefined {
	const openedAt = events.find(({ kind }) => kind === "opened")?.n;
	if (openedAt === undefined) return undefined;
	const saidAt = new Map<string, number>();
	for (const { userId, events } of clients)
		for (const event of events) {
			if (event.kind !== "sent") continue;
			const key = `${userId} ${event.content}`;
			if (!saidAt.has(key)) saidAt.set(key, event.n);
		}
	const shown = events.find((event) => event.kind === "delivered");
	return stored.find(
		({ seq, sender_id, content }) =>
			seq === shown?.entry.seq ||
			(saidAt.get(`${sender_id} ${content}`) ?? 0) > openedAt,
	)?.seq;
}
