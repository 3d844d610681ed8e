/** Counts badges by hand, and reads what REST says about the list and the log. */
import { history, rest } from "../../../cli/test/support/server-process.ts";
import type { Device, Wire } from "./inbox-device.ts";

interface Server {
	readonly address: string;
}

/** Reads every page of a user's list, without what an inbox leaves out. @throws {Error} if the server refuses */
export async function listOf(
	address: string,
	bearer: string,
): Promise<Map<string, Wire>> {
	const rows = new Map<string, Wire>();
	let next: unknown = "";
	while (next !== null) {
		const path = `/v1/conversations?limit=100${next === "" ? "" : `&after=${next}`}`;
		const { status, body } = await rest({ address }, "GET", path, bearer);
		if (status !== 200) throw new Error(`GET ${path}: ${status}`);
		const page = body as { conversations: Wire[]; next: unknown };
		for (const { metadata: _, ...row } of page.conversations)
			rows.set(String(row.conversation_id), row);
		next = page.next;
	}
	return rows;
}

/** Reads the log of a conversation, oldest first. */
export function logOf(
	server: Server,
	conversationId: string,
	bearer: string,
): Promise<readonly Wire[]> {
	return history(server, conversationId, bearer);
}

/**
 * Counts a user's unread messages: those after everything that the user wrote, read or was added at, without the
 * deleted ones. Does not look at what the server says about deletions or watermarks.
 */
export function unreadOf(
	log: readonly Wire[],
	userId: string,
	reads: ReadonlySet<string>,
): number {
	let watermark = 0;
	const deleted = new Set<unknown>();
	for (const entry of log) {
		const isOwn = entry.type === "chat" && entry.sender_id === userId;
		const isAdded =
			entry.type === "participant_added" &&
			(entry.user_ids as readonly string[]).includes(userId);
		if (isOwn || isAdded || reads.has(String(entry.message_id)))
			watermark = Number(entry.seq);
		if (entry.type === "delete") deleted.add(entry.target_id);
	}
	return log.filter(
		({ type, seq, message_id }) =>
			type === "chat" && Number(seq) > watermark && !deleted.has(message_id),
	).length;
}

/** Compares what a device's subscriptions received with the log. */
export function wrongEntries(
	device: Device,
	logs: ReadonlyMap<string, readonly Wire[]>,
): string[] {
	const { name } = device.options;
	return device.received().flatMap(({ conversationId, after, ...received }) => {
		const log = logs.get(conversationId) ?? [];
		const { entries, isOpen, isWhole } = received;
		const last = isOpen ? log.length : (entries.at(-1)?.seq ?? after);
		const seen = new Map(entries.map((entry) => [entry.seq, entry.messageId]));
		const deleted = new Set(
			log.flatMap(({ type, target_id }) =>
				type === "delete" ? target_id : [],
			),
		);
		const missing = log.filter(
			({ seq, type, message_id }) =>
				Number(seq) > after &&
				Number(seq) <= last &&
				!seen.has(Number(seq)) &&
				(isWhole || (type === "chat" && !deleted.has(message_id))),
		);
		const foreign = entries.filter(
			({ seq, messageId }) => log[seq - 1]?.message_id !== messageId,
		);
		const twice = entries.filter(
			({ seq }, i) => seq <= (entries[i - 1]?.seq ?? after),
		);
		const told = (what: string, seqs: readonly unknown[]): string[] =>
			seqs.length > 0
				? [`${name}: ${conversationId}: ${what} ${seqs.join(" ")}`]
				: [];
		return [
			...told(
				"missed",
				missing.map(({ seq }) => seq),
			),
			...told(
				"got another entry as",
				foreign.map(({ seq }) => seq),
			),
			...told(
				"got twice or too late",
				twice.map(({ seq }) => seq),
			),
		];
	});
}

/** Compares the outcomes of a device's commands with the log. */
export function wrongCommands(
	{ options: { name }, given }: Device,
	logs: ReadonlyMap<string, readonly Wire[]>,
): string[] {
	const newest = new Map<string, number>();
	return given.flatMap((it) => {
		const log = logs.get(it.conversationId) ?? [];
		const { clientMessageId, outcome, connection, target } = it;
		const stored = log.filter(
			({ client_message_id }) => client_message_id === clientMessageId,
		);
		// The first copy of a repeated command may be stored before the user is removed and the repetition refused.
		if (outcome === "refused")
			return stored.length > 0 && connection !== undefined
				? [`${name}: a refused command is in the log`]
				: [];
		if (!outcome || outcome === "unknown") return [];
		const wrong: string[] = [];
		// A second `delete` of a message is answered with the first one.
		if (!target && (stored.length !== 1 || stored[0]?.seq !== outcome.seq))
			wrong.push(
				`${name}: ${clientMessageId} is ${stored.length} times in the log`,
			);
		if (
			target &&
			!log.some(
				(entry) => entry.type === "delete" && entry.target_id === target,
			)
		)
			wrong.push(`${name}: the deletion of ${target} is lost`);
		if (connection !== undefined && !target) {
			const key = `${it.conversationId} ${connection}`;
			if (outcome.seq < (newest.get(key) ?? 0))
				wrong.push(
					`${name}: ${clientMessageId} was stored before an earlier message`,
				);
			newest.set(key, outcome.seq);
		}
		return wrong;
	});
}
