/** The port between a conversation and what connects it: a socket of its own, or a seat on a shared one. */
import type {
	ClientFrame,
	CloseReason,
	HttpError,
	ServerFrameOf,
} from "@secureconnect/protocol";
import type { ConnectionState } from "./connection-state.ts";
import { ChatError } from "./errors.ts";
import type { FrameShapes, Read } from "./frames.ts";

/** Place to continue from. Without fields, the server starts after the newest entry. */
export interface Cursor {
	readonly deviceId?: string;
	/** `message_id` of the newest entry, or `head`. */
	readonly after?: string;
	readonly afterSeq?: number;
}

/** What the server says about a conversation when a channel opens. */
export interface Joined
	extends Pick<
		ServerFrameOf["welcome"],
		| "userId"
		| "epoch"
		| "headSeq"
		| "recovered"
		| "present"
		| "presentCount"
		| "read"
	> {
	/** Largest frame that the server accepts, in bytes, without what the channel adds to it. */
	readonly maxMessageBytes: number;
}

/** One conversation's connection. */
export interface Channel {
	/** State of the connection as the conversation shows it. The same object until it changes. */
	readonly state: ConnectionState;
	start(): void;
	/**
	 * Sends a frame; returns false if the channel is not open.
	 * @throws the platform's error about a message, which would also fail on a new connection
	 */
	send(frame: ClientFrame): boolean;
	/** Records that the server answered the latest frame. */
	answered(): void;
	/** Checks the connection: a message has had no answer for `ms` milliseconds. */
	suspect(ms: number): void;
	/** Requests the entries after the cursor again, because some are missing. */
	resync(): void;
	/** Retries at once, if the channel is neither open nor opening. */
	reconnect(): void;
	/** Checks now whether the connection is alive. */
	check(): void;
	close(): void;
}

/** The conversation's side. Each opening calls `joined` once; each end after it calls `down` once. */
export interface ChannelHandlers {
	/** Returns the types of frames that the conversation handles; undefined for the smallest set. */
	shapes(): FrameShapes | undefined;
	changed(state: ConnectionState): void;
	/** The channel opened. Undefined from a server that implements only the original protocol document. */
	joined(joined: Joined | undefined): void;
	/** A frame arrived after `joined`. @param text the frame as it is on the wire */
	read(frame: Read, text: string | undefined): void;
	/** The channel is no longer open. @param code the socket's close code; 1006 if no close is to blame */
	down(code: number): void;
	/** Returns the place to continue from. */
	cursor(): Cursor;
	/** Resolves when no sent message waits for an answer that a close would lose. */
	settled(): Promise<void>;
}

type FirstWord<T> = T extends `${infer Word} ${string}` ? Word : T;
/** Codes of the errors that end a conversation for the user, whatever the token is. */
type EndOfConversation =
	| FirstWord<(typeof CloseReason)["removed" | "deleted"]>
	| "forbidden";

/** Typed by the protocol's constants without importing them, so that a page does not load the whole package. */
const NOT_PARTICIPANT: (typeof HttpError)["notParticipant"] =
	"not a participant";

/** Returns whether the user cannot return to the conversation, whatever the token is. */
export function isEnd(code: string | undefined): code is EndOfConversation {
	return code === "removed" || code === "deleted" || code === "forbidden";
}

/** Returns the error of a close or a refused handshake that ends the conversation for the user. */
export function endOf(said: string, status?: number): ChatError | undefined {
	if (status !== undefined)
		return said === NOT_PARTICIPANT
			? new ChatError(
					"forbidden",
					`the server refused the connection: ${status} ${said}`,
					status,
				)
			: undefined;
	// The first word of these reasons is the error's code.
	const [code] = said.split(" ");
	return isEnd(code) ? new ChatError(code, said) : undefined;
}
