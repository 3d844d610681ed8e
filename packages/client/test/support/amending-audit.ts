/** Compares commands, log, timeline and clients after the faults. */
import { isDeepStrictEqual } from "node:util";
import type { HistoryEntry } from "../../../cli/test/support/server-process.ts";
import type { AmendingClient } from "./amending-client.ts";
import type { Given } from "./amending-commands.ts";
import { RawClient } from "./amending-raw.ts";
import { isAmendment, Mirror, type Row, type Wire } from "./amending-rows.ts";

export interface Evidence {
	/** Every entry of the log, oldest first. */
	readonly log: readonly HistoryEntry[];
	/** What the server's timeline shows to each user. */
	readonly timelines: ReadonlyMap<string, readonly Row[]>;
	readonly clients: readonly AmendingClient[];
}

/** Returns the errors; empty if there are none. */
export function audit(evidence: Evidence): string[] {
	const { log, timelines, clients } = evidence;
	const given = new Map(
		clients.flatMap((client) =>
			client.given.map((it) => [it.clientMessageId, it] as const),
		),
	);
	const wrong = auditLog(log, given);
	for (const client of clients) {
		const { options, complaints } = client;
		const found = [
			...complaints,
			...client.given.flatMap((it) => auditOutcome(it, log, options.userId)),
		];
		const due = timelines.get(options.userId) ?? [];
		for (const rows of client.views())
			found.push(...auditView(client, rows, due));
		if (client instanceof RawClient) found.push(...auditMissed(client, log));
		wrong.push(
			...found.map((what) => `${options.name} (${options.plan.kind}): ${what}`),
		);
	}
	const oracle = fold(log, given);
	for (const [userId, rows] of timelines)
		wrong.push(
			...difference(rows, oracle.rows(userId)).map(
				(what) => `view=timeline of ${userId}: ${what}`,
			),
		);
	return wrong;
}

/** Checks that each entry is the effect of one command, and that no command has two. */
function auditLog(
	log: readonly HistoryEntry[],
	given: ReadonlyMap<string, Given>,
): string[] {
	const wrong: string[] = [];
	const seen = new Set<unknown>();
	for (const [i, { seq, type, client_message_id: id }] of log.entries()) {
		if (seq !== i + 1) wrong.push(`seq ${seq} where ${i + 1} was due`);
		if (id === undefined) continue;
		if (seen.has(id)) wrong.push(`${type} ${id} is stored twice`);
		seen.add(id);
		const command = given.get(String(id))?.command;
		if (command?.type !== type) wrong.push(`nobody gave ${type} ${id}`);
	}
	return wrong;
}

/** Checks that an acknowledged command had its effect once, and that a refused one had a reason and no effect. */
function auditOutcome(
	{ clientMessageId, command, outcome }: Given,
	log: readonly HistoryEntry[],
	userId: string,
): string[] {
	const { type, target_id, if_version } = command;
	const name = `${type} ${clientMessageId}`;
	const own = log.find((it) => it.client_message_id === clientMessageId);
	const target = log.find(({ message_id }) => message_id === target_id);
	const about = log.filter((it) => it.target_id === target_id);
	const isDeleted = about.some((it) => it.type === "delete");
	const isMark = type === "reaction" || type === "pin";
	if (outcome === undefined) {
		// The program ended before the answer. Its file kept the command, and a later run sent it.
		const mayBeRefused =
			type !== "chat" &&
			(isDeleted || if_version !== undefined || target?.sender_id !== userId);
		return own || isMark || mayBeRefused ? [] : [`lost: ${name}`];
	}
	if ("code" in outcome) {
		const reasons: Record<string, boolean> = {
			message_deleted: isDeleted,
			version_conflict: if_version !== undefined && about.length > 0,
			forbidden: target?.sender_id !== userId,
		};
		if (own) return [`refused, and stored: ${name}`];
		return reasons[outcome.code] ? [] : [`refused: ${outcome.code} ${name}`];
	}
	const there = log[outcome.seq - 1];
	if (there?.message_id !== outcome.messageId)
		return [`acknowledged at ${outcome.seq}, where it is not: ${name}`];
	if (own) return own === there ? [] : [`acknowledged elsewhere: ${name}`];
	// Nothing changed: the answer names the entry that set this state, or the message.
	const isState =
		isMark &&
		(there === target ||
			(there.type === type &&
				there.target_id === target_id &&
				there.on === command.on &&
				(type === "pin" || there.sender_id === userId)));
	return isState ? [] : [`acknowledged, and lost: ${name}`];
}

/** Folds the log with the contents of the commands, because the log shows each message only as it is now. */
function fold(
	log: readonly HistoryEntry[],
	given: ReadonlyMap<string, Given>,
): Mirror {
	const mirror = new Mirror();
	for (const entry of log) {
		const { type, version, edited_at, deleted, ...stored } = entry as Wire;
		const command = given.get(String(stored.client_message_id))?.command;
		const { if_version: _, ...fields } = command ?? {};
		mirror.apply({
			type,
			...stored,
			...(type === "chat" || type === "edit"
				? {
						is_encrypted: false,
						message_type: "text",
						metadata: {},
						mentions: undefined,
					}
				: {}),
			// Fields that an edit leaves out stay as they are.
			...(type === "edit" ? mirror.contentOf(String(stored.target_id)) : {}),
			...fields,
			...(fields.mentions
				? // The server writes out the default.
					{ mentions: { ...(fields.mentions as Wire), all: false } }
				: {}),
		});
	}
	return mirror;
}

function auditView(
	client: AmendingClient,
	rows: readonly Row[],
	due: readonly Row[],
): string[] {
	const { kind } = client.options.plan;
	if (kind === "sdk" || kind === "v1") return difference(rows, due);
	// A plain client gets no deleted message in a replay. It shows one as deleted if it came before the deletion.
	const shown = new Set(rows.map(({ messageId }) => messageId));
	return difference(
		rows,
		due.filter(
			({ fields, messageId }) => !fields.deleted || shown.has(messageId),
		),
	);
}

/** Checks that a client missed only what the server does not send to it. */
function auditMissed(
	{ missed, unknown, options }: RawClient,
	log: readonly HistoryEntry[],
): string[] {
	const isPlain = options.plan.kind !== "v1";
	const erased = new Set(
		log.flatMap((it) => (it.type === "delete" ? [it.target_id] : [])),
	);
	const maySkip = (entry: HistoryEntry | undefined): boolean =>
		isPlain &&
		entry !== undefined &&
		(isAmendment(entry)
			? entry.type === "edit" && erased.has(entry.target_id)
			: erased.has(entry.message_id));
	return [
		...[...missed]
			.filter((seq) => !maySkip(log[seq - 1]))
			.map((seq) => `missed entry ${seq}, ${log[seq - 1]?.type}`),
		...[...unknown]
			.filter((id) => !isPlain || !erased.has(id))
			.map((id) => `got an amendment of ${id}, which never came`),
	];
}

/** Returns the first difference between two lists of rows, order included. */
function difference(rows: readonly Row[], due: readonly Row[]): string[] {
	const at = due.findIndex((row, i) => !isDeepStrictEqual(rows[i], row));
	if (at < 0 && rows.length === due.length) return [];
	const i = at < 0 ? due.length : at;
	return [
		`${rows.length} of ${due.length} rows; row ${i} is ${brief(rows[i])}, and should be ${brief(due[i])}`,
	];
}

function brief(row: Row | undefined): string {
	return JSON.stringify(row, (_, value: unknown) =>
		typeof value === "string" ? value.slice(0, 40) : value,
	);
}
