/** Checks that acknowledged and received messages are stored once, unchanged, and in the same order for all clients. */
import {
	broken,
	each,
	type Finding,
	idsOf,
	lost,
	type RoomRecord,
	reordered,
} from "./record.ts";

/** Checks that stored entries are numbered 1, 2, 3 and so on. */
export function seqIsConsecutive({ stored }: RoomRecord): Finding[] {
	return stored.flatMap(({ seq }, i) => {
		const due = (stored[i - 1]?.seq ?? 0) + 1;
		if (seq === due) return [];
		return seq > due
			? [lost(`the history goes from ${due - 1} to ${seq}`)]
			: [reordered(`the history has ${seq} after ${due - 1}`)];
	});
}

/** Checks that every acknowledged message is stored with the acknowledged id and `seq`. */
export function acknowledgedIsStored({ clients, stored }: RoomRecord) {
	const byId = idsOf(stored);
	return each(clients, "acknowledged", ({ content, messageId, seq }, who) => {
		const found = byId.get(messageId);
		if (!found)
			return lost(
				`the server acknowledged "${content}" to ${who} as ${seq} and does not have it`,
			);
		return found.seq === seq && found.content === content
			? undefined
			: reordered(
					`"${content}" was acknowledged to ${who} as ${seq} and is stored as ${found.seq} "${found.content}"`,
				);
	});
}

/** Checks that every received entry is stored unchanged. */
export function seenIsStored({ clients, stored }: RoomRecord): Finding[] {
	const byId = idsOf(stored);
	return each(clients, "delivered", ({ entry }, who) => {
		const found = byId.get(entry.message_id);
		if (!found)
			return lost(
				`${who} received ${entry.seq} "${entry.content}", which is not stored`,
			);
		const differing = FIELDS.find((field) => found[field] !== entry[field]);
		return differing === undefined
			? undefined
			: broken(
					`${who} received ${entry.seq} with ${differing} ${entry[differing]}, but ${found[differing]} is stored`,
				);
	});
}

/** Checks that an id has one `seq` and a `seq` one id, for all clients, whether stored or only received. */
export function oneIdOneSeq({ clients, stored }: RoomRecord): Finding[] {
	const seqOf = new Map<string, number>();
	const idOf = new Map<number, string>();
	const check = (messageId: string, seq: number): Finding | undefined => {
		const otherSeq = seqOf.get(messageId) ?? seq;
		const otherId = idOf.get(seq) ?? messageId;
		seqOf.set(messageId, otherSeq);
		idOf.set(seq, otherId);
		if (otherSeq !== seq)
			return reordered(`${messageId} is ${otherSeq} and is ${seq}`);
		return otherId === messageId
			? undefined
			: reordered(`${seq} is ${otherId} and is ${messageId}`);
	};
	return [
		...stored.flatMap((entry) => check(entry.message_id, entry.seq) ?? []),
		...each(clients, "delivered", ({ entry }) =>
			check(entry.message_id, entry.seq),
		),
		...each(clients, "acknowledged", ({ messageId, seq }) =>
			check(messageId, seq),
		),
	];
}

const FIELDS = [
	"type",
	"seq",
	"sender_id",
	"content",
	"timestamp",
	"client_message_id",
] as const;
