/** Checks that each connection receives every entry after its cursor, once and in order. */
import type { Event, Shown } from "../load/journal.ts";
import {
	duplicated,
	type Finding,
	idsOf,
	lost,
	type Of,
	type RoomRecord,
	reordered,
} from "./record.ts";

/** Checks that a connection receives consecutive entries, each once. */
export function nothingTwiceOnAConnection({ clients }: RoomRecord): Finding[] {
	return clients.flatMap(({ name, events }) =>
		connectionsOf(events).flatMap(({ number, delivered }) => {
			const seen = new Set<string>();
			return delivered.flatMap(({ seq, message_id }, i) => {
				const last = delivered[i - 1]?.seq;
				const where = `to connection ${number} of ${name}`;
				if (seen.has(message_id))
					return [duplicated(`${seq} came twice ${where}`)];
				seen.add(message_id);
				if (last === undefined || seq === last + 1) return [];
				return seq > last
					? [lost(`${seq} came after ${last} ${where}`)]
					: [reordered(`${seq} came after ${last} ${where}`)];
			});
		}),
	);
}

/**
 * Checks that a connection with a cursor begins directly after it, that an open connection has received everything up
 * to the end, and that a client that always resumes has received the whole history once over all of its connections.
 */
export function resumedExactlyTheRest({
	clients,
	stored,
}: RoomRecord): Finding[] {
	const byId = idsOf(stored);
	const head = stored.at(-1)?.seq ?? 0;
	return clients.flatMap(({ name, resumes, events }) => {
		const found: Finding[] = [];
		for (const { number, cursor, delivered, closed } of connectionsOf(events)) {
			const where = `connection ${number} of ${name}`;
			const from =
				cursor === "none" || cursor === "device"
					? undefined
					: "after" in cursor
						? byId.get(cursor.after)?.seq
						: cursor.afterSeq;
			const first = delivered[0]?.seq;
			if (from !== undefined && first !== undefined && first !== from + 1)
				found.push(
					first > from
						? lost(`${where} resumed after ${from} and began with ${first}`)
						: duplicated(
								`${where} resumed after ${from} and began with ${first}`,
							),
				);
			const last = delivered.at(-1)?.seq ?? from;
			if (!closed && last !== undefined && last < head)
				found.push(lost(`${where} received ${last} last, of ${head}`));
		}
		const shown = new Map<number, number>();
		for (const event of events)
			if (event.kind === "delivered")
				shown.set(event.entry.seq, (shown.get(event.entry.seq) ?? 0) + 1);
		if (resumes !== "after") return found;
		for (const { seq } of stored)
			if (!shown.has(seq)) found.push(lost(`${name} never received ${seq}`));
		for (const [seq, times] of shown)
			if (times > 1)
				found.push(duplicated(`${name} received ${seq} ${times} times`));
		return found;
	});
}

interface Connection {
	readonly number: number;
	readonly cursor: Of<"connecting">["cursor"];
	readonly delivered: Shown[];
	closed: boolean;
}

/** Returns the cursor and the received entries of each connection, in order of opening. */
export function connectionsOf(events: readonly Event[]): Connection[] {
	const connections = new Map<number, Connection>();
	for (const event of events) {
		const number = event.connection;
		if (event.kind === "connecting")
			connections.set(number, {
				number,
				cursor: event.cursor,
				delivered: [],
				closed: false,
			});
		const connection = connections.get(number);
		if (!connection) continue;
		if (event.kind === "delivered") connection.delivered.push(event.entry);
		if (event.kind === "closed") connection.closed = true;
	}
	return [...connections.values()];
}
