import type { ServerFrameOf, WireServerFrame } from "@secureconnect/protocol";
import type { ConnectionState } from "./connection-state.ts";
import type { StorageProblem } from "./outbox/outbox.ts";
import type { PresentUser } from "./presence.ts";
import type { SentMessage } from "./sent-message.ts";

/** A message as it was stored. */
export type Message = ServerFrameOf["chat"];
/** Somebody was removed, or left where `userId` and `senderId` are the same. */
export type Removal = ServerFrameOf["participant_removed"];
/** What has a place in a conversation's order. */
export type Entry = Message | Removal;

/** What a conversation tells its subscribers. */
export interface ConversationEvents {
	/** A message, one's own too: each once, in order, on the server's disk. */
	message: Message;
	/** A participant was removed or left; has its place among the messages. */
	removed: Removal;
	/** Who is typing now; the user's own typing is not among it. */
	typing: readonly string[];
	/** Somebody has read up to a message. */
	read: ServerFrameOf["read"];
	/** Who is on line now. */
	presence: readonly PresentUser[];
	/** The connection is another state. */
	state: ConnectionState;
	/** A connection is there, and from here on nothing is missed. */
	ready: undefined;
	/** A message of this user's was queued, sent, acknowledged or refused. */
	outbox: SentMessage;
	/** The outbox cannot be kept as it should: messages live in memory until they are sent. */
	storage: StorageProblem;
	/** The server refused something. */
	error: ServerFrameOf["error"];
	/** A frame that breaks the protocol came, and was dropped. */
	invalid: { readonly why: string };
	/** Entries that the server should have and has not. */
	missing: { readonly from: number; readonly to: number };
	/** The server's log ends before what was seen here: it was set back, to a backup say. */
	reset: { readonly last: number; readonly head: number };
	/** Every frame that the document has, as it is on the wire; messages each once and in order. */
	frame: WireServerFrame;
}
