/** Checks that sent messages are stored at most once, in the sender's order, and answered. */
import {
	broken,
	duplicated,
	type Finding,
	lost,
	type Of,
	type RoomRecord,
	reordered,
} from "./record.ts";

/** Checks that a message is stored at most once, with or without an answer and after any number of repeats. */
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

/** Checks that every stored message was sent by its sender with the same id. */
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
				: [broken(`${seq} "${content}" differs from every sent message`)];
		},
	);
}

/**
 * Checks that the messages of a sender are stored in the order of sending. Without ids this holds per connection,
 * because a message of a broken connection may still be on its way when the next one opens. A refused message may come
 * later, when the client sends it again.
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
							`"${event.content}" of ${name} is ${seq}, but its earlier message is ${last}`,
						),
					];
		});
	});
}

/** Checks that every message with an id is stored and answered in the end. */
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
				: [broken(`"${content}" of ${name} got no answer`)];
		});
	});
}

/**
 * Checks that every message with an id in a span of events gets an acknowledgement or an `error` within `ms`, while its
 * connection is open. A message sent less than `ms` before `now` still has time. Not part of {@link audit}, because a
 * killed or stopped server answers later.
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
