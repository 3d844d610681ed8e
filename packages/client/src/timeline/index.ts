/** `@secureconnect/client/timeline`: a conversation as rows, with every amendment applied, for user interfaces. */
export type { Command, LogEntry, Place } from "./entries.ts";
export { type Page, readPage } from "./page.ts";
export type {
	Content,
	MarkUsers,
	MessageRow,
	NoticeRow,
	Thread,
	TimelineRow,
} from "./rows.ts";
export { Timeline } from "./timeline.ts";
