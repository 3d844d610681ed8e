/** Reads of messages with what their amendments amount to. */
import {
	ENTRY_TYPES,
	type Entry,
	encodeEntry,
	foldOf,
	HttpError,
	Limits,
	rfc3339,
} from "@secureconnect/protocol";
import type { Identity } from "../chat/authorise.ts";
import { HttpRefusal, notParticipant } from "../http-refusal.ts";
import type {
	FoldedEntry,
	MarkSummary,
	PageCursor,
	TimelinePage,
	TimelinePart,
} from "../log/contract.ts";
import { PAGE_BYTES } from "./pages.ts";
import type { RestContext } from "./rest.ts";

const FROM_HEAD: PageCursor = {
	direction: "before",
	seq: Number.MAX_SAFE_INTEGER,
};

/**
 * Reads a page of a conversation.
 * @param part undefined if the part begins at a message that is not there
 * @param cursor undefined if it names a message that is not there
 * @throws {HttpRefusal} not a participant, unknown message, unknown cursor
 */
export async function readTimeline(
	{ log, turns }: RestContext,
	conversationId: string,
	{ userId }: Identity,
	part: TimelinePart | undefined,
	cursor: PageCursor | undefined,
	limit: number = Limits.defaultPageSize,
): Promise<TimelinePage> {
	const page = await turns.take(userId, () =>
		log.timeline(
			conversationId,
			userId,
			part ?? { kind: "all" },
			cursor ?? FROM_HEAD,
			limit,
			PAGE_BYTES,
		),
	);
	// Only participants learn which ids are there.
	if (!page) throw notParticipant();
	if (!part) throw new HttpRefusal(404, HttpError.unknownMessage);
	if (!cursor) throw new HttpRefusal(404, HttpError.unknownCursor);
	return page;
}

/** @throws {HttpRefusal} not a participant, unknown message */
export async function readMessage(
	context: RestContext,
	conversationId: string,
	identity: Identity,
	messageId: string,
): Promise<FoldedEntry> {
	const seq = (await context.log.seqOf(conversationId, messageId)) ?? 0;
	const { entries } = await readTimeline(
		context,
		conversationId,
		identity,
		{ kind: "all" },
		{ direction: "before", seq: seq + 1 },
		1,
	);
	const [found] = entries;
	if (
		found?.entry.messageId !== messageId ||
		!ENTRY_TYPES[found.entry.type].isUnread
	)
		throw new HttpRefusal(404, HttpError.unknownMessage);
	return found;
}

export function encodeTimeline(
	{ entries, more, asOfSeq }: TimelinePage,
	direction: PageCursor["direction"],
	epoch: string,
): string {
	const edge = entries.at(direction === "before" ? 0 : -1)?.entry;
	return `{"messages":[${entries.map(encodeFolded).join(",")}],"next":${nextOf(more, edge)},"as_of_seq":${asOfSeq},"epoch":"${epoch}"}`;
}

/** Encodes an entry as a frame with the fields of its fold. */
export function encodeFolded({ entry, marks, thread }: FoldedEntry): string {
	const frame = encodeEntry(entry);
	if (marks.length === 0 && !thread) return frame;
	let fold = "";
	const lists = new Map<string, string[]>();
	for (const mark of marks) {
		const kind = foldOf(mark.type);
		if (kind?.kind !== "mark") continue;
		const { foldedAs, nameField } = kind;
		if (nameField === undefined) {
			fold += `,"${foldedAs}":true`;
			continue;
		}
		const summary = encodeMark(nameField, mark);
		const others = lists.get(foldedAs);
		if (others) others.push(summary);
		else lists.set(foldedAs, [summary]);
	}
	for (const [field, summaries] of lists)
		fold += `,"${field}":[${summaries.join(",")}]`;
	if (thread)
		fold += `,"thread":${JSON.stringify({
			count: thread.count,
			last_at: rfc3339(thread.lastAt),
			user_ids: thread.userIds,
		})}`;
	return `${frame.slice(0, -1)}${fold}}`;
}

/** Returns the cursor of the next page as JSON. */
export function nextOf(more: boolean, edge: Entry | undefined): string {
	return more && edge ? String(edge.seq) : "null";
}

function encodeMark(
	nameField: string,
	{ name, count, isOwn, userIds }: MarkSummary,
): string {
	return `{"${nameField}":${encodeName(name)},"count":${count},"me":${isOwn},"user_ids":${JSON.stringify(userIds)}}`;
}

/**
 * Encodes a name in ASCII. With a single emoji, V8 keeps the whole page in characters of two bytes, and encoding such a
 * text takes three times as long.
 */
function encodeName(name: string): string {
	const json = JSON.stringify(name);
	let ascii = "";
	for (let i = 0; i < json.length; i++) {
		const code = json.charCodeAt(i);
		ascii +=
			code < 0x80
				? String.fromCharCode(code)
				: `\\u${code.toString(16).padStart(4, "0")}`;
	}
	return ascii;
}
