/** Checks that a client with a device id receives each entry at least once, and none again that it acknowledged. */
import { connectionsOf } from "./delivering.ts";
import { duplicated, type Finding, lost, type RoomRecord } from "./record.ts";

/** Every entry from a device's first connection on, over all of its connections, none of which leaves one out. */
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
			found.push(lost(`${client.name} was shown ${shown} last, of ${head}`));
		return found;
	});
}

/**
 * What a device has proved to have does not come again. A pong proves it, if it arrived: that it did is known where the
 * same connection sent a message behind it which was stored. Proofs may be lost with the process that has them.
 */
export function provenStaysProven({ clients, starts }: RoomRecord): Finding[] {
	return clients.flatMap(({ name, resumes, events }) => {
		if (resumes !== "device") return [];
		const found: Finding[] = [];
		const said = new Set<string>();
		/** By a connection that was opened when. */
		let proven = { seq: 0, since: 0 };
		let since = 0;
		let shown = 0;
		let ponged = 0;
		/** What was shown before the newest pong that went ahead of a message, by the message. */
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
					// Sent before, it may be stored without having been read here.
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
 * The first entry that a device must be shown: its place is before what it was shown first, and before everything that
 * was first said when its connection was open.
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
