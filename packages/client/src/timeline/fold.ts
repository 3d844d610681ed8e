import { contentOf, EMPTY } from "./content.ts";
import { foldMarks } from "./marks.ts";
import type { TimelineRow } from "./rows.ts";
import { foldOf, type Slot } from "./slot.ts";
import { foldThread } from "./thread.ts";

/** Returns the row of a loaded message or notice. */
export function foldRow(slot: Slot, userId: string | undefined): TimelineRow {
	const { origin = {}, key = "", seq, createdAt, status, error } = slot;
	const { type, senderId, messageId, clientMessageId, replyTo, threadId } =
		origin;
	if (foldOf(type)?.kind === "notice")
		return { kind: "notice", key, seq, senderId, createdAt, entry: origin };
	let { content = EMPTY, editedAt } = slot;
	let deleted = slot.erasedAt !== undefined;
	let isPending = false;
	for (const command of slot.pending) {
		const kind = foldOf(command.type)?.kind;
		isPending ||= kind !== "message";
		if (kind === "erase") deleted = true;
		if (kind === "replace") {
			content = contentOf(command, content);
			editedAt = command.createdAt;
		}
	}
	return {
		kind: "message",
		key,
		status,
		error,
		isPending,
		isOwn: senderId === userId,
		senderId,
		createdAt,
		messageId,
		seq: seq || undefined,
		clientMessageId,
		replyTo,
		threadId,
		...(deleted ? EMPTY : content),
		version: deleted ? 0 : Math.max(slot.version, 0),
		editedAt: deleted ? undefined : editedAt,
		deleted,
		...foldMarks(slot, userId, deleted),
		thread: foldThread(slot, userId),
	};
}
