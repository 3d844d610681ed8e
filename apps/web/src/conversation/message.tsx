import { Avatar } from "../people/avatar.tsx";
import { CheckIcon, ChecksIcon, ClockIcon, WarningIcon } from "../ui/icons.tsx";
import { timeOfDay } from "../ui/time.ts";
import { cut } from "./long-text.ts";
import { MessageText } from "./message-text.tsx";
import type { RowProps } from "./row.tsx";

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
	const { line, begins, ends, senderName, status } = props;
	const { isOwn, content, mentions, at } = line;
	const { Icon, words } = STATUS[status];
	return (
		<div
			className={`message ${isOwn ? "own" : "other"} ${begins ? "begins" : ""} ${ends ? "ends" : ""}`}
			data-status={isOwn ? status : undefined}
		>
			<div className="speech">
				{!isOwn && ends && <Avatar id={line.senderId} name={senderName} />}
				<div className={`bubble ${extreme(content)}`}>
					{begins ? (
						<bdi className={isOwn ? "hidden" : "sender"}>
							{isOwn ? "You" : senderName}
						</bdi>
					) : (
						<span className="hidden">{isOwn ? "You" : senderName}</span>
					)}
					<MessageText content={content} mentions={mentions} me={props.me} />
					<span className="meta">
						<time
							className={props.showsTime ? undefined : "hidden"}
							dateTime={new Date(at).toISOString()}
						>
							{timeOfDay(at)}
						</time>
						{isOwn && (
							<span className="status" title={words}>
								<Icon />
								<span className="hidden">{words}</span>
							</span>
						)}
					</span>
				</div>
			</div>
			{status === "failed" && (
				<p className="failed">
					<span>{`Not sent: ${line.error} `}</span>
					<button
						className="link"
						type="button"
						onClick={() => props.onRetry(line)}
					>
						Try again
					</button>{" "}
					<button
						className="link"
						type="button"
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

function extreme(content: string): string {
	if (cut(content) !== undefined) return "long";
	if (content.length > MAYBE_TALL) return "tall";
	return PILED.test(content) ? "piled" : "";
}
