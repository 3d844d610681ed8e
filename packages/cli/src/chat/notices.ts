import type { LogEntry } from "@secureconnect/client/timeline";
import type { Names } from "./names.ts";
import { printableLine } from "./printable.ts";

const MOST_NAMES = 5;

/**
 * Describes an entry about the participants or about the conversation itself in one line that is safe for a terminal.
 * Returns undefined for other entries, and for types that this version does not know.
 */
export function noticeOf(entry: LogEntry, names: Names): string | undefined {
	const { type, senderId = "", userId, userIds } = entry;
	const by = names.of(senderId);
	switch (type) {
		case "participant_added":
			return `${by} added ${listOf(ids(userIds), names)}`;
		case "participant_removed":
			return userId === senderId
				? `${by} left the conversation`
				: `${names.of(String(userId))} was removed by ${by}`;
		case "role_changed":
			return `${by} made ${names.of(String(userId))} ${printableLine(String(entry.role))}`;
		case "conversation_changed":
			return `${by} ${changeOf(entry)}`;
		default:
			return undefined;
	}
}

function changeOf({ title, closed }: LogEntry): string {
	if (typeof title === "string")
		return `renamed the conversation to ${printableLine(title)}`;
	if (title === null) return "removed the title of the conversation";
	if (typeof closed === "boolean")
		return `${closed ? "closed" : "opened"} the conversation`;
	return "changed the conversation";
}

function ids(value: unknown): readonly string[] {
	return Array.isArray(value) ? value.map(String) : [];
}

function listOf(userIds: readonly string[], names: Names): string {
	const shown = userIds.slice(0, MOST_NAMES).map((id) => names.of(id));
	const more = userIds.length - shown.length;
	return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}
