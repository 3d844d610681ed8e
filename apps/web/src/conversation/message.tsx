import { type PointerEvent, useState } from "react";
import { Avatar } from "../people/avatar.tsx";
import {
	CheckIcon,
	ChecksIcon,
	ClockIcon,
	PinIcon,
	WarningIcon,
} from "../ui/icons.tsx";
import { timeOfDay } from "../ui/time.ts";
import { cut } from "./long-text.ts";
import { mentionsUser } from "./mention-text.tsx";
import { MessageText } from "./message-text.tsx";
import { MessageTools } from "./message-tools.tsx";
import { Quote } from "./quote.tsx";
import { Reactions } from "./reactions.tsx";
import type { RowProps } from "./row.tsx";
import { ThreadLink } from "./thread-link.tsx";

/** State of a message on its way to its readers. */
export type Status =
	| "queued"
	| "sent"
	| "stored"
	| "delivered"
	| "read"
	| "failed";

/**
 * A text shorter than this, in characters, is lower than a screen in any script. Its bubble needs no scrolling of its
 * own, which costs rendering time.
 */
const MAYBE_TALL = 200;
/** Three combining marks in a row, which can cover neighbouring lines. */
const PILED = /\p{M}{3}/u;

const STATUS = {
	queued: { Icon: ClockIcon, words: "Waiting to be sent" },
	sent: { Icon: ClockIcon, words: "Sending" },
	stored: { Icon: CheckIcon, words: "Sent" },
	delivered: { Icon: ChecksIcon, words: "Delivered" },
	read: { Icon: ChecksIcon, words: "Read" },
	failed: { Icon: WarningIcon, words: "Not sent" },
} as const;

export function MessageBubble(props: Omit<RowProps, "isFirst">) {
	const { line, begins, ends, senderName, status, me } = props;
	const { isOwn, isDeleted, content, row } = line;
	/** Whether the pointer or the focus is on the message. The tools of all messages would double the page. */
	const [isNear, setNear] = useState(false);
	const isMentioned = !isOwn && mentionsUser(row?.mentions, me);
	const near = ({ pointerType }: PointerEvent): void => {
		if (pointerType === "mouse") setNear(true);
	};
	return (
		// The row handles clicks and keys.
		// biome-ignore lint/a11y/noStaticElementInteractions: these only show the tools
		<div
			className={`message ${isOwn ? "own" : "other"} ${begins ? "begins" : ""} ${ends ? "ends" : ""} ${isMentioned ? "for-me" : ""}`}
			data-status={isOwn ? status : undefined}
			onPointerEnter={near}
			onPointerMove={near}
			onPointerLeave={() => setNear(false)}
			onFocus={() => setNear(true)}
			onBlur={() => setNear(false)}
		>
			<div className="speech">
				{!isOwn && ends && <Avatar id={line.senderId} name={senderName} />}
				<div
					className={`bubble ${isDeleted ? "deleted" : extreme(content)}`}
					data-pending={row?.isPending || undefined}
				>
					{begins ? (
						<bdi className={isOwn ? "hidden" : "sender"}>
							{isOwn ? "You" : senderName}
						</bdi>
					) : (
						<span className="hidden">{isOwn ? "You" : senderName}</span>
					)}
					{isDeleted ? (
						<p className="gone">Message deleted</p>
					) : (
						<>
							{row?.replyTo !== undefined && (
								<Quote messageId={row.replyTo} me={me} />
							)}
							<MessageText
								content={content}
								mentions={row?.mentions}
								me={me}
								tabIndex={-1}
							/>
						</>
					)}
					<Meta {...props} />
				</div>
				<MessageTools line={line} isNear={isNear} />
			</div>
			{row && row.reactions.length > 0 && <Reactions row={row} me={me} />}
			{row?.thread && !props.isInThread && <ThreadLink row={row} />}
			{status === "failed" && (
				<p className="failed">
					<span>{`Not sent: ${line.error} `}</span>
					<button
						className="link"
						type="button"
						tabIndex={-1}
						onClick={() => props.onRetry(line)}
					>
						Try again
					</button>{" "}
					<button
						className="link"
						type="button"
						tabIndex={-1}
						onClick={() => props.onDiscard(line)}
					>
						Discard
					</button>
				</p>
			)}
			{isOwn && ends && status === "queued" && (
				<p className="seen">Waiting to be sent</p>
			)}
			{props.deliveredTo && (
				<p className="seen">
					Delivered to <bdi>{props.deliveredTo}</bdi>
				</p>
			)}
			{props.readBy && (
				<p className="seen">
					Read by <bdi>{props.readBy}</bdi>
				</p>
			)}
		</div>
	);
}

/** Shows the time of a message and what happened to it. */
function Meta({ line, status, showsTime }: Omit<RowProps, "isFirst">) {
	const { Icon, words } = STATUS[status];
	const { row, at, isOwn, isDeleted } = line;
	const editedAt = isDeleted ? undefined : row?.editedAt;
	// Takes no room if it shows nothing.
	const isBare = !isOwn && !showsTime && editedAt === undefined && !row?.pinned;
	return (
		<span className={isBare ? "meta bare" : "meta"}>
			{row?.pinned && (
				<span className="status" title="Pinned">
					<PinIcon />
					<span className="hidden">Pinned</span>
				</span>
			)}
			{editedAt !== undefined && (
				<span title={`Edited ${new Date(editedAt).toLocaleString()}`}>
					edited
				</span>
			)}
			<time
				className={showsTime ? undefined : "hidden"}
				dateTime={new Date(at).toISOString()}
			>
				{timeOfDay(at)}
			</time>
			{isOwn && !isDeleted && (
				<span className="status" title={words}>
					<Icon />
					<span className="hidden">{words}</span>
				</span>
			)}
		</span>
	);
}

function extreme(content: string): string {
	if (cut(content) !== undefined) return "long";
	if (content.length > MAYBE_TALL) return "tall";
	return PILED.test(content) ? "piled" : "";
}
