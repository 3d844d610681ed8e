import { memo } from "react";
import { dayName, timeOfDay } from "../ui/time.ts";
import { useToday } from "../ui/use-today.ts";
import { excerpt } from "./excerpt.ts";
import type { Line } from "./lines.ts";
import { MessageBubble, type Status } from "./message.tsx";
import { Notice } from "./notice.tsx";

/** Line with the values that depend on its neighbours. */
export interface RowProps {
	readonly line: Line;
	/** The user's id. */
	readonly me: string;
	readonly senderName: string;
	/** Name of the user whom a notice is about; empty for a message. */
	readonly otherName: string;
	/** Whether this is the first line of the conversation. */
	readonly isFirst: boolean;
	readonly isNewDay: boolean;
	readonly isFirstUnread: boolean;
	/** Whether the line is the first, and the last, of consecutive messages of one sender. */
	readonly begins: boolean;
	readonly ends: boolean;
	/** Whether the line shows its time: the first line of a group or of a minute does. */
	readonly showsTime: boolean;
	readonly status: Status;
	readonly readBy: string;
	readonly deliveredTo: string;
	/** Whether Tab stops at the line. */
	readonly isCurrent?: boolean;
	/** Whether the list has jumped to the line. */
	readonly isTarget?: boolean;
	/** Whether the panel of a thread shows the line. */
	readonly isInThread?: boolean;
	/** Called for the user's own message that the server refused. */
	readonly onRetry: (line: Line) => void;
	readonly onDiscard: (line: Line) => void;
}

/** Renders one row, and again only if its props changed. While the user scrolls, every frame requests all near rows. */
export const Row = memo(function Row(props: RowProps) {
	const { line, senderName, isCurrent = false } = props;
	const { seq, at, content, isDeleted: deleted } = line;
	const isMessage = line.notice === undefined;
	return (
		<div
			className={props.isTarget ? "row target" : "row"}
			data-seq={seq}
			data-key={line.key}
			tabIndex={-1}
			{...(isMessage &&
				isCurrent && {
					// A screen reader reads the label of an element that gets the focus.
					role: "article",
					"aria-label": `${senderName}, ${timeOfDay(at)}: ${excerpt({ content, deleted })}`,
					tabIndex: 0,
				})}
		>
			{props.isFirst && (
				<p className="beginning">The conversation begins here.</p>
			)}
			{props.isNewDay && (
				<p className="day">
					<Day at={at} />
				</p>
			)}
			{props.isFirstUnread && (
				<p className="new">
					<span>New messages</span>
				</p>
			)}
			{isMessage ? <MessageBubble {...props} /> : <Notice {...props} />}
		</div>
	);
});

function Day({ at }: { readonly at: number }) {
	useToday();
	return <span>{dayName(at)}</span>;
}
