import type { ServerFrameOf, WireServerFrame } from "@secureconnect/protocol";
import type { ConnectionState } from "./connection-state.ts";
import type { StorageProblem } from "./outbox/outbox.ts";
import type { PresentUser } from "./presence.ts";
import type { SentMessage } from "./sent-message.ts";

/**
 * A message as it was stored: `messageId` and `timestamp` (RFC 3339) are the server's, `seq` its place among the conversation's entries, from 1 without gaps
 * (rule OR-1). `clientMessageId` is that of {@link SentMessage}, where the sender gave one. With protocol "seed", on a server that numbers nothing, `seq` is
 * undefined whatever the type says.
 */
export type Message = ServerFrameOf["chat"];
/** `userId` was removed by `senderId`, or left where both are the same (rule RM-1). */
export type Removal = ServerFrameOf["participant_removed"];
/** What has a place in a conversation's order. */
export type Entry = Message | Removal;

/** What a conversation tells its subscribers. */
export interface ConversationEvents {
	/** A message, one's own too: each once, in order, on the server's disk. */
	message: Message;
	/** A participant was removed or left; has its place among the messages. */
	removed: Removal;
	/** Ids of who is typing now, without oneself; who has been silent for 6 s, sent a message or left is not among them. */
	typing: readonly string[];
	/** `senderId` has read up to `messageId`. */
	read: ServerFrameOf["read"];
	/** Who is on line now, oneself too. */
	presence: readonly PresentUser[];
	/** The connection is another state. */
	state: ConnectionState;
	/** A connection is there, the first or another, and from here on nothing is missed (with protocol "seed": until it is lost). */
	ready: undefined;
	/** A message of this user's has another {@link SentMessage.status}; also of one that an earlier run or another tab wrote. */
	outbox: SentMessage;
	/** The outbox cannot be kept as it should: messages live in memory until they are sent. */
	storage: StorageProblem;
	/** The server refused something; a message that it refused has failed besides. `retryMs`: milliseconds. */
	error: ServerFrameOf["error"];
	/** A frame that breaks the protocol came, and was dropped. */
	invalid: { readonly why: string };
	/** Entries that the server should have and has not, from and to which `seq`, both included. */
	missing: { readonly from: number; readonly to: number };
	/**
	 * The server was set back to a backup. `last`: the newest `seq` that arrived here before, which may be gone or mean another
	 * entry. What arrives live goes on after `head`. Forget what you show, and begin with `history()`; what is unacknowledged is
	 * kept and sent.
	 */
	reset: { readonly last: number; readonly head: number };
	/** `chat`, `participant_removed`, `typing`, `read`, `user_joined` and `user_left` as they are on the wire; entries each once and in order. */
	frame: WireServerFrame;
}
