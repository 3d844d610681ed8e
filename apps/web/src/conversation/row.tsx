import { memo } from "react";
import { dayName } from "../ui/time.ts";
import { useToday } from "../ui/use-today.ts";
import type { Line } from "./lines.ts";
import { MessageBubble, type Status } from "./message.tsx";

/** Line with the values that depend on its neighbours. */
export interface RowProps {
	readonly line: Line;
	/** The user's id. */
	readonly me: string;
	readonly senderName: string;
	/** Name of the removed user; empty for a message. */
	readonly removedName: string;
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
	/** Called for the user's own message that the server refused. */
	readonly onRetry: (line: Line) => void;
	readonly onDiscard: (line: Line) => void;
}

/** Renders one row, and again only if its props changed. While the user scrolls, every frame requests all near rows. */
export const Row = memo(function Row(props: RowProps) {
	const { line, senderName } = props;
	return (
		<div className="row" data-seq={line.seq}>
			{props.isFirst && (
				<p className="beginning">The conversation begins here.</p>
			)}
			{props.isNewDay && (
				<p className="day">
					<Day at={line.at} />
				</p>
			)}
			{props.isFirstUnread && (
				<p className="new">
					<span>New</span>
				</p>
			)}
			{line.removed === undefined ? (
				<MessageBubble {...props} />
			) : (
				<p className="notice">
					<bdi>{senderName}</bdi>
					{line.removed === line.senderId ? (
						<span>{" left"}</span>
					) : (
						<>
							<span>{" removed "}</span>
							<bdi>{props.removedName}</bdi>
						</>
					)}
				</p>
			)}
		</div>
	);
});

function Day({ at }: { readonly at: number }) {
	useToday();
	return <span>{dayName(at)}</span>;
}
