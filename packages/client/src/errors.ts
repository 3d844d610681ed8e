import type { ErrorCode } from "@secureconnect/protocol";

/** Why something cannot be done, or a connection ended for good. */
export type ClientErrorCode =
	/** The token was refused, a new one too, or there is none. */
	| "unauthorized"
	/** What `token` returned is no token: a page or JSON, say, or nothing. Its text is in no message. */
	| "invalid_token"
	/** No participant of this conversation, or no such conversation. */
	| "forbidden"
	/** Removed from the conversation while connected. */
	| "removed"
	/** The server refuses the request itself: a malformed conversation id, a user id that is no UUID, this page's origin. */
	| "bad_request"
	/** The token is of another user than this client was made for. */
	| "other_user"
	/** The conversation, or the client, was closed by its user. */
	| "closed"
	/** More unacknowledged messages than the outbox keeps. */
	| "outbox_full"
	/** A message over the server's size limit. */
	| "too_large"
	/** Without deduplication on the other side (protocol "seed"): sent, and the connection lost before an answer. */
	| "outcome_unknown"
	/** A REST request names something that is not there: a participant, say. */
	| "not_found"
	/** A REST request contradicts what is stored: the id is taken, a last owner would leave. */
	| "conflict"
	/** A REST request would put more users into a conversation than it can have. */
	| "conversation_full"
	/** A REST request would add a user whom this user has added to many conversations without an answer yet. */
	| "too_many_additions"
	/** The server was set back to a backup since. A connection that was lost over it tells so by the event `reset`. */
	| "epoch_changed"
	/** A REST request that got no good answer, or a message that the platform cannot send. It may be tried again. */
	| "request_failed"
	/** A WebSocket did not open: the browser has as many as it opens, a proxy lets none through, or nobody answers. */
	| "handshake_failed"
	/** An `error` frame's code; see the list of the protocol. */
	| ErrorCode;

/** What this package throws, and why a message or a connection failed: {@link code} is for programs, `message` for people. */
export class ChatError extends Error {
	override readonly name = "ChatError";
	readonly code: ClientErrorCode;
	/** HTTP status, where the server gave one. */
	readonly status: number | undefined;

	constructor(code: ClientErrorCode, message: string, status?: number) {
		super(message);
		this.code = code;
		this.status = status;
	}
}

/** What is asked of something that its user has closed. */
export function closed(): ChatError {
	return new ChatError("closed", "this was closed");
}
