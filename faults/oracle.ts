/**
 * Says what is wrong with a conversation, from what its clients wrote down and what is stored in the end. It shares no
 * code with the server, knows nothing of how it works, and has no I/O: `test/oracle.test.ts` hands it bad logs.
 */
import type { Event, Shown, Watermark } from "./load/journal.ts";

export interface ClientRecord {
	readonly name: string;
	readonly userId: string;
	/** Goes on, after a lost connection, behind what it was shown last: it must have been shown everything, once. */
	readonly resumes: boolean;
	readonly events: readonly Event[];
}

/** One conversation, audited after everybody had time to be told everything. */
export interface RoomRecord {
	readonly conversationId: string;
	readonly clients: readonly ClientRecord[];
	/** The whole history, as REST shows it. */
	readonly stored: readonly Shown[];
	/** Everybody's watermark, as REST shows it. */
	readonly watermarks: readonly Watermark[];
}

export interface Finding {
	readonly kind: "lost" | "duplicated" | "reordered" | "broken";
	readonly what: string;
}

type Of<K extends Event["kind"]> = Extract<Event, { kind: K }>;

export function audit(room: RoomRecord): Finding[] {
	const checks = [
		seqIsConsecutive,
		acknowledgedIsStored,
		seenIsStored,
		oneIdOneSeq,
		nothingTwiceOnAConnection,
		resumedExactlyTheRest,
		sentOnceAtMost,
		storedWasSent,
		sendersOrderIsKept,
		everyIdIsAnswered,
		watermarksNeverGoBack,
	];
	return checks.flatMap((check) => check(room));
}

/** Stored entries are numbered 1, 2, 3 and so on. */
export function seqIsConsecutive({ stored }: RoomRecord): Finding[] {
	return stored.flatMap(({ seq }, i) => {
		const due = (stored[i - 1]?.seq ?? 0) + 1;
		if (seq === due) return [];
		return seq > due
			? [lost(`history goes from ${due - 1} to ${seq}`)]
			: [reordered(`history has ${seq} behind ${due - 1}`)];
	});
}

/** What a sender was told to be stored is, under the id and the `seq` that it was told. */
export function acknowledgedIsStored({ clients, stored }: RoomRecord) {
	const byId = idsOf(stored);
	return each(clients, "acknowledged", ({ content, messageId, seq }, who) => {
		const found = byId.get(messageId);
		if (!found)
			return lost(`${who} was told that "${content}" is stored, as ${seq}`);
		return found.seq === seq && found.content === content
			? undefined
			: reordered(
					`"${content}" was acknowledged to ${who} as ${seq} and is stored as ${found.seq} "${found.content}"`,
				);
	});
}

/** What anybody was shown is stored, and looks the same. */
export function seenIsStored({ clients, stored }: RoomRecord): Finding[] {
	const byId = idsOf(stored);
	return each(clients, "delivered", ({ entry }, who) => {
		const found = byId.get(entry.message_id);
		if (!found)
			return lost(
				`${who} was shown ${entry.seq} "${entry.content}", which is not stored`,
			);
		const differing = FIELDS.find((field) => found[field] !== entry[field]);
		return differing === undefined
			? undefined
			: broken(
					`${who} was shown ${entry.seq} with ${differing} ${entry[differing]}, and stored is ${found[differing]}`,
				);
	});
}

/** An id stands for one `seq` and a `seq` for one id, whoever is asked, whether stored or only seen. */
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

/** A connection is shown each entry once, and each right behind the one before. */
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
					? [lost(`${seq} came behind ${last} ${where}`)]
					: [reordered(`${seq} came behind ${last} ${where}`)];
			});
		}),
	);
}

/**
 * A connection with a cursor begins right behind it; one that is still open has been shown everything up to the end;
 * and a client that always resumes has been shown the whole history once, over all of its connections.
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
				cursor === "none"
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
				found.push(lost(`${where} was shown ${last} last, of ${head}`));
		}
		const shown = new Map<number, number>();
		for (const event of events)
			if (event.kind === "delivered")
				shown.set(event.entry.seq, (shown.get(event.entry.seq) ?? 0) + 1);
		if (!resumes) return found;
		for (const { seq } of stored)
			if (!shown.has(seq)) found.push(lost(`${name} was never shown ${seq}`));
		for (const [seq, times] of shown)
			if (times > 1)
				found.push(duplicated(`${name} was shown ${seq} ${times} times`));
		return found;
	});
}

/** Whatever was or was not answered, and however often it was sent again: it is stored once, or not at all. */
export function sentOnceAtMost({ stored }: RoomRecord): Finding[] {
	const times = new Map<string, number>();
	for (const { type, sender_id, content } of stored) {
		if (type !== "chat") continue;
		const key = `"${content}" of ${sender_id}`;
		times.set(key, (times.get(key) ?? 0) + 1);
	}
	return [...times].flatMap(([key, count]) =>
		count > 1 ? [duplicated(`${key} is stored ${count} times`)] : [],
	);
}

/** Nothing is stored that its sender did not send, with the id under which it was sent. */
export function storedWasSent({ clients, stored }: RoomRecord): Finding[] {
	const sent = new Map<string, string | undefined>();
	for (const { userId, events } of clients)
		for (const event of events)
			if (event.kind === "sent")
				sent.set(`${userId} ${event.content}`, event.id);
	return stored.flatMap(
		({ type, seq, sender_id, content, client_message_id }) => {
			if (type !== "chat") return [];
			const key = `${sender_id} ${content}`;
			return sent.has(key) && sent.get(key) === client_message_id
				? []
				: [broken(`${seq} "${content}" is not as anybody sent it`)];
		},
	);
}

/**
 * What one sender sent is stored in that order. Without ids that holds per connection: what was sent on a broken one may
 * still be on its way when the next is open. What was refused comes later, when it is sent again.
 */
export function sendersOrderIsKept({ clients, stored }: RoomRecord): Finding[] {
	return clients.flatMap(({ name, userId, events }) => {
		const seqOf = new Map(
			stored
				.filter(({ sender_id }) => sender_id === userId)
				.map(({ content, seq }) => [content, seq]),
		);
		const refused = new Set(
			events.flatMap((it) => (it.kind === "refused" && it.id ? [it.id] : [])),
		);
		const lastOf = new Map<number | "all", number>();
		const seen = new Set<string>();
		return events.flatMap((event) => {
			if (event.kind !== "sent" || seen.has(event.content)) return [];
			seen.add(event.content);
			const seq = seqOf.get(event.content);
			if (seq === undefined || (event.id && refused.has(event.id))) return [];
			const group = event.id === undefined ? event.connection : "all";
			const last = lastOf.get(group) ?? 0;
			lastOf.set(group, Math.max(last, seq));
			return seq > last
				? []
				: [
						reordered(
							`"${event.content}" of ${name} is ${seq}, and what it had sent before is ${last}`,
						),
					];
		});
	});
}

/** What was sent with an id, again until there was an answer, has one in the end, and is stored. */
export function everyIdIsAnswered({ clients, stored }: RoomRecord): Finding[] {
	const ids = new Set(stored.map((it) => it.client_message_id));
	return clients.flatMap(({ name, events }) => {
		const contents = new Map<string, string>();
		for (const event of events) {
			if (event.kind === "sent" && event.id)
				contents.set(event.content, event.id);
		}
		const answered = new Set(
			events.flatMap((it) => (it.kind === "acknowledged" ? [it.content] : [])),
		);
		return [...contents].flatMap(([content, id]) => {
			if (!ids.has(id)) return [lost(`"${content}" of ${name} is not stored`)];
			return answered.has(content)
				? []
				: [broken(`"${content}" of ${name} was never answered`)];
		});
	});
}

/**
 * A watermark that anybody was told of holds: no connection is told of an older one after it, or of the same again (other
 * than once what it was welcomed with), no connection opened later is welcomed with an older one, and what is stored in
 * the end is no older.
 */
export function watermarksNeverGoBack({
	clients,
	stored,
	watermarks,
}: RoomRecord): Finding[] {
	const byId = idsOf(stored);
	const seqOf = (messageId: string): number => byId.get(messageId)?.seq ?? -1;
	const found: Finding[] = [];
	/** Per user: what has been told so far, when, in the order of telling and of `seq`. */
	const told = new Map<string, { n: number; seq: number }[]>();
	const toldBefore = (userId: string, n: number): number =>
		told.get(userId)?.findLast((it) => it.n < n)?.seq ?? 0;
	const tell = (userId: string, n: number, seq: number): void => {
		const all = told.get(userId) ?? [];
		all.push({ n, seq: Math.max(seq, all.at(-1)?.seq ?? 0) });
		told.set(userId, all);
	};
	const begun = new Map<string, number>();
	const onConnection = new Map<string, { seq: number; again: boolean }>();
	const all = clients
		.flatMap((client) => client.events.map((event) => ({ client, event })))
		.sort((a, b) => a.event.n - b.event.n);
	for (const { client, event } of all) {
		const connection = `connection ${event.connection} of ${client.name}`;
		if (event.kind === "connecting") begun.set(connection, event.n);
		if (event.kind === "welcomed") {
			const seqs = new Map(
				event.watermarks.map((it) => [it.userId, seqOf(it.messageId)]),
			);
			for (const userId of told.keys()) {
				const before = toldBefore(userId, begun.get(connection) ?? 0);
				if ((seqs.get(userId) ?? 0) < before)
					found.push(
						reordered(
							`${connection} was welcomed with ${seqs.get(userId)} for ${userId}, when ${before} had been told`,
						),
					);
			}
			for (const [userId, seq] of seqs) {
				tell(userId, event.n, seq);
				onConnection.set(`${connection} ${userId}`, { seq, again: true });
			}
		}
		if (event.kind === "watermark") {
			const { userId, messageId } = event;
			const seq = seqOf(messageId);
			const key = `${connection} ${userId}`;
			const last = onConnection.get(key) ?? { seq: 0, again: false };
			if (seq === -1)
				found.push(
					lost(
						`${connection} was told that ${messageId} was read, which is not stored`,
					),
				);
			else if (seq < last.seq || (seq === last.seq && !last.again))
				found.push(
					reordered(
						`${connection} was told of ${seq} behind ${last.seq} for ${userId}`,
					),
				);
			onConnection.set(key, { seq: Math.max(seq, last.seq), again: false });
			tell(userId, event.n, seq);
		}
	}
	const final = new Map(watermarks.map((it) => [it.userId, it.messageId]));
	for (const userId of told.keys()) {
		const before = toldBefore(userId, Number.POSITIVE_INFINITY);
		const now = seqOf(final.get(userId) ?? "");
		if (now < before)
			found.push(lost(`${userId} had read ${before}, and now ${now}`));
	}
	return found;
}

/**
 * Everything sent with an id in a span of events is answered within `ms`, by an acknowledgement or an `error`, as long
 * as its connection stays open; what is sent less than `ms` before `now` may still be. Not part of {@link audit}: a server that is killed or stopped answers later.
 */
export function answeredWithin(
	{ clients }: Pick<RoomRecord, "clients">,
	ms: number,
	span: { readonly from: number; readonly to: number },
	now: number,
): Finding[] {
	return clients.flatMap(({ name, events }) => {
		const waiting = new Map<string, Of<"sent">>();
		const idOf = new Map<string, string>();
		const found: Finding[] = [];
		const late = (sent: Of<"sent">, at: number): void => {
			waiting.delete(sent.id ?? "");
			if (at - sent.at > ms && sent.at >= span.from && sent.at <= span.to)
				found.push(
					broken(
						`"${sent.content}" of ${name} had no answer for ${Math.round(at - sent.at)} ms`,
					),
				);
		};
		for (const event of events) {
			if (event.kind === "sent" && event.id) {
				idOf.set(event.content, event.id);
				waiting.set(event.id, event);
			}
			const id =
				event.kind === "acknowledged"
					? idOf.get(event.content)
					: event.kind === "refused"
						? event.id
						: undefined;
			const answered = id && waiting.get(id);
			if (answered) late(answered, event.at);
			if (event.kind === "closed")
				for (const [key, sent] of waiting)
					if (sent.connection === event.connection) waiting.delete(key);
		}
		for (const sent of waiting.values()) late(sent, now);
		return found;
	});
}

const FIELDS = [
	"type",
	"seq",
	"sender_id",
	"content",
	"timestamp",
	"client_message_id",
] as const;

interface Connection {
	readonly number: number;
	readonly cursor: Of<"connecting">["cursor"];
	readonly delivered: Shown[];
	closed: boolean;
}

function connectionsOf(events: readonly Event[]): Connection[] {
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

function idsOf(stored: readonly Shown[]): Map<string, Shown> {
	return new Map(stored.map((entry) => [entry.message_id, entry]));
}

function each<K extends Event["kind"]>(
	clients: readonly ClientRecord[],
	kind: K,
	check: (event: Of<K>, who: string) => Finding | undefined,
): Finding[] {
	return clients.flatMap(({ name, events }) =>
		events.flatMap((event) =>
			event.kind === kind ? (check(event as Of<K>, name) ?? []) : [],
		),
	);
}

const lost = (what: string): Finding => ({ kind: "lost", what });
const duplicated = (what: string): Finding => ({ kind: "duplicated", what });
const reordered = (what: string): Finding => ({ kind: "reordered", what });
const broken = (what: string): Finding => ({ kind: "broken", what });
