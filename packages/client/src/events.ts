import type { ServerFrameOf, WireServerFrame } from "@secureconnect/protocol";
import type { ConnectionState } from "./connection-state.ts";
import type { StorageProblem } from "./outbox/outbox.ts";
import type { PresentUser } from "./presence.ts";
import type { SentMessage } from "./sent-message.ts";

/**
 * Default type of `metadata`: any JSON object. A narrower type is a statement of the application about all of its
 * programs; neither the server nor the client checks it.
 */
export type Metadata = Record<string, unknown>;
/**
 * Bound of a type parameter for metadata. Unlike `Metadata` it accepts interfaces, and unlike `object` it makes
 * `ReturnType` of a generic function the function's default.
 */
export type Fields<T> = Record<keyof T, unknown>;

/**
 * A stored message. The server assigns `messageId`, `createdAt` and `seq`, the position among the conversation's
 * entries, from 1 without gaps (rule OR-1). `clientMessageId` equals that of {@link SentMessage}, if
 * the sender set one. With protocol "seed", on a server that does not number entries, `seq` is undefined although
 * the type excludes it.
 */
export interface Message<M extends object = Metadata>
	extends Omit<ServerFrameOf["chat"], "metadata" | "timestamp"> {
	readonly metadata: M;
	/** Time by the server's clock, in milliseconds since 1970. */
	readonly createdAt: number;
	/**
	 * RFC 3339 form of `createdAt`.
	 * @deprecated Use `createdAt`, which a pending message has too.
	 */
	readonly timestamp: string;
}
/** The removal of `userId` by `senderId`. If both are equal, the user left (rule RM-1). */
export interface Removal
	extends Omit<ServerFrameOf["participant_removed"], "timestamp"> {
	/** Time by the server's clock, in milliseconds since 1970. */
	readonly createdAt: number;
	/**
	 * RFC 3339 form of `createdAt`.
	 * @deprecated Use `createdAt`.
	 */
	readonly timestamp: string;
}
/** A stored entry in a conversation's order. */
export type ConversationEntry<M extends object = Metadata> =
	| Message<M>
	| Removal;
/** @deprecated Use {@link ConversationEntry}. */
export type Entry = ConversationEntry;

/** Events of a conversation. */
export interface ConversationEvents<M extends object = Metadata> {
	/** A stored message, including this user's own. Each arrives once and in order. */
	message: Message<M>;
	/** A participant was removed or left. The entry has a place in the order of messages. */
	removal: Removal;
	/** @deprecated Use `removal`. */
	removed: Removal;
	/**
	 * Ids of the users who are typing now, without this user. A user is dropped after 6 s of silence, after a
	 * message, or on leaving.
	 */
	typing: readonly string[];
	/** `senderId` has read up to `messageId`. */
	read: ServerFrameOf["read"];
	/** Users who are online now, including this user. */
	presence: readonly PresentUser[];
	/** The connection changed state. */
	state: ConnectionState;
	/**
	 * A connection opened, for the first time or again. From now on the client misses no entry (with protocol
	 * "seed": until the connection closes).
	 */
	ready: undefined;
	/**
	 * The {@link SentMessage.status} of one of this user's messages changed, including messages of an earlier run
	 * or a different tab.
	 */
	outbox: SentMessage<M>;
	/** The outbox cannot store messages durably. They stay in memory until they are sent. */
	storage: StorageProblem;
	/**
	 * The server rejected a frame. A rejected message also fails, unless the error has `retryMs`: then the client sends
	 * the message again after this many milliseconds.
	 */
	error: ServerFrameOf["error"];
	/** A frame violated the protocol and was dropped. */
	invalid: { readonly why: string };
	/** Entries that the server should have but does not have: `seq` numbers `from` to `to`, both included. */
	missing: { readonly from: number; readonly to: number };
	/**
	 * The server was restored from a backup. `last` is the newest `seq` received before; that entry may be gone,
	 * and its number may now belong to a different entry. Live entries continue after `head`. Discard the displayed
	 * entries and start again with `history()`. The client keeps unacknowledged messages and sends them.
	 */
	reset: { readonly last: number; readonly head: number };
	/**
	 * `chat`, `participant_removed`, `typing`, `read`, `user_joined` and `user_left` frames as on the wire; entries
	 * arrive once and in order.
	 */
	frame: WireServerFrame;
}
