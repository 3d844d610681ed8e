import { memo } from "react";
import { dayName } from "../ui/time.ts";
import { useToday } from "../ui/use-today.ts";
import type { Line } from "./lines.ts";
import { MessageBubble, type Status } from "./message.tsx";

/** A line and what its surroundings make of it. */
export interface RowProps {
	readonly line: Line;
	readonly senderName: string;
	/** Of who was removed, where somebody was. */
	readonly removedName: string;
	/** The conversation begins here. */
	readonly isFirst: boolean;
	readonly isNewDay: boolean;
	readonly isFirstUnread: boolean;
	/** First and last of what one person wrote in a row. */
	readonly begins: boolean;
	readonly ends: boolean;
	/** The last of a person's messages of a minute shows when it was. */
	readonly showsTime: boolean;
	readonly status: Status;
	readonly readBy: string;
	readonly deliveredTo: string;
	/** Called for the user's own message that the server refused. */
	readonly onRetry: (line: Line) => void;
	readonly onDiscard: (line: Line) => void;
}

/** Renders one row, and again only if its props changed: scrolling requests all near rows at every frame. */
export const Row = memo(function Row(props: RowProps) {
	const { line, senderName } = props;
	return (
		<div className="row" data-seq={line.seq}>
			{props.isFirst && (
				<p className="beginning">This is where the conversation begins.</p>
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
