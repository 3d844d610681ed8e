import { contentOf, EMPTY } from "./content.ts";
import type { LogEntry } from "./entries.ts";
import { foldMarks } from "./marks.ts";
import type { Content, TimelineRow } from "./rows.ts";
import { ERASED, isMessage, kindOf, newSlot, type Slot } from "./slot.ts";
import { foldThread } from "./thread.ts";

/**
 * Returns the row of a loaded message or notice.
 * @param commands this user's commands about the message and messages of its thread, in order of writing
 */
export function foldRow(
	slot: Slot,
	commands: readonly LogEntry[],
	userId: string | undefined,
): TimelineRow {
	const { origin } = slot;
	// Only a command has no sender.
	const { senderId = userId } = origin;
	const common = {
		key: slot.key ?? "",
		seq: slot.seq,
		senderId,
		createdAt: slot.createdAt,
	};
	if (kindOf(origin) === "notice")
		return { kind: "notice", ...common, entry: origin };
	let content: Content = slot.content ?? EMPTY;
	let deleted = slot.version === ERASED;
	for (const command of commands) {
		const kind = kindOf(command);
		if (kind === "erase") deleted = true;
		if (kind === "replace")
			content = {
				...contentOf(command, content),
				editedAt: command.createdAt,
			};
	}
	return {
		kind: "message",
		...common,
		status: slot.status,
		error: slot.error,
		isPending: !commands.every(isMessage),
		isOwn: senderId === userId,
		messageId: origin.messageId,
		clientMessageId: origin.clientMessageId,
		replyTo: origin.replyTo,
		threadId: origin.threadId,
		...(deleted ? EMPTY : content),
		deleted,
		...foldMarks(deleted ? newSlot("") : slot, deleted ? [] : commands, userId),
		thread: foldThread(slot, commands, userId),
	};
}
