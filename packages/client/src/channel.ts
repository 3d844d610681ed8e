/** The port between a conversation and what connects it: a socket of its own, or a seat on a shared one. */
import type {
	ClientFrame,
	CloseReason,
	HttpError,
	ServerFrame,
} from "@secureconnect/protocol";
import type { ConnectionEvent, ConnectionState } from "./connection-state.ts";
import type { EnvironmentEvent } from "./environment.ts";
import { ChatError } from "./errors.ts";
import type { FrameShapes, Read } from "./frames.ts";
import type { ReconnectingSocketHandlers } from "./reconnecting-socket.ts";

/** Place to continue from, as on the wire. Without fields, the server starts after the newest entry. */
export interface Cursor {
	readonly conversation_id?: string;
	readonly device_id?: string;
	/** `message_id` of the newest entry, or `head`. */
	readonly after?: string;
	readonly after_seq?: number;
}

/** One conversation's connection. */
export interface Channel {
	/** State of the connection as the conversation shows it. The same object until it changes. */
	readonly state: ConnectionState;
	start(): void;
	/** Handles the part of a frame that is about the connection. */
	heard(frame: ServerFrame): void;
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
	/** Handles a report about the network: an open channel may be dead. */
	noticed(type: EnvironmentEvent): void;
	close(): void;
}

/**
 * The conversation's side. After each `welcome`, or `opened` with a server that implements only the original document,
 * the end of the channel calls `down` once.
 */
export interface ChannelHandlers extends ReconnectingSocketHandlers {
	/** Types of frames that the conversation handles; undefined for the smallest set. */
	readonly shapes: FrameShapes | undefined;
	/** Returns the place to continue from. */
	cursor(): Cursor;
	/** Handles a frame. @param text the frame as it is on the wire */
	read(frame: Read, text: string | undefined): void;
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
export function endOf(event: ConnectionEvent): ChatError | undefined {
	const { reason, error, status } = event as {
		readonly reason?: string;
		readonly error?: unknown;
		readonly status?: number;
	};
	const said = `${reason ?? error}`;
	// The first word of a reason is the error's code.
	const [why] = said === NOT_PARTICIPANT ? ["forbidden"] : said.split(" ");
	return isEnd(why) ? new ChatError(why, said, status) : undefined;
}
