/** Frames that only the inbox has, and its rows. */
import type {
	InboxServerFrame,
	WireInboxServerFrameOf,
} from "@secureconnect/protocol";
import { fromWire } from "@secureconnect/protocol/wire";
import { withMute } from "../conversation-details.ts";
import type { ConversationSummary } from "../conversations-resource.ts";
import type { Message, Metadata } from "../events.ts";
import { FRAME_SHAPES } from "../frame-shapes.ts";
import { hasShape, readFrame, withCreatedAt } from "../frames.ts";
import { INBOX_SHAPES, ROW_SHAPE } from "./inbox-shapes.ts";

/**
 * A message as the list shows it. `truncated`: the message is long, and this has only its first 1,000 characters and no
 * metadata.
 */
export interface ListedMessage<M extends object = Metadata> extends Message<M> {
	readonly truncated?: boolean;
}

/** What the list shows of a conversation: a {@link ConversationSummary} without the conversation's metadata. */
export interface InboxRow<M extends object = Metadata>
	extends Omit<ConversationSummary<M>, "metadata" | "lastMessage"> {
	readonly lastMessage: ListedMessage<M> | null;
}

/** A row on the wire. */
export type WireRow = WireInboxServerFrameOf["inbox"]["conversations"][number];

/** Frames that change the list. */
export type ListFrame = Exclude<
	InboxServerFrame,
	{ type: "subscribed" | "unsubscribed" }
>;

/** Returns whether only the inbox has frames of this type. */
export function isInboxType(type: unknown): boolean {
	return Object.hasOwn(INBOX_SHAPES, String(type));
}

/** Reads a frame that only the inbox has, or returns why it is not valid. {@link readRow} checks rows. Never throws. */
export function readInbox(value: unknown): InboxServerFrame | string {
	const read = readFrame(value, false, INBOX_SHAPES);
	return "frame" in read
		? // The type of the frame is that of its shape.
			(read.frame as unknown as InboxServerFrame)
		: (read.why ?? "no frame of an inbox");
}

/** Reads a row; undefined if it is not valid. Never throws. */
export function readRow(row: WireRow): InboxRow | undefined {
	const { last_message: last } = row;
	if (
		!hasShape(row, ROW_SHAPE) ||
		(last !== null && !hasShape(last, FRAME_SHAPES.chat))
	)
		return undefined;
	const { lastMessage, ...summary } = fromWire(row);
	return {
		...withMute(summary),
		lastMessage: lastMessage && withCreatedAt(lastMessage),
	} as unknown as InboxRow;
}
