import type { ErrorCode } from "@secureconnect/protocol";

/** Code of an error: the reason why a call failed or a connection ended permanently. */
export type ClientErrorCode =
	/** The server rejected the token and its replacement, or there is no token. */
	| "unauthorized"
	/**
	 * `token` returned something other than a token, for example an HTML page, JSON or nothing. No message repeats
	 * its text.
	 */
	| "invalid_token"
	/** The user is not a participant of this conversation, or the conversation does not exist. */
	| "forbidden"
	/** The user was removed from the conversation while connected. */
	| "removed"
	/** The conversation was deleted while the user was connected. */
	| "deleted"
	/**
	 * The server rejects the request itself: malformed conversation id, user id that is not a UUID, or origin of
	 * this page.
	 */
	| "bad_request"
	/** The token belongs to a different user than this client. */
	| "other_user"
	/** The application closed the conversation or the client. */
	| "closed"
	/** The outbox has reached its limit of unacknowledged messages. */
	| "outbox_full"
	/** The user deleted the message before it was sent. */
	| "withdrawn"
	/** The message exceeds the server's size limit. */
	| "too_large"
	/**
	 * The message was sent, and the connection closed before an answer. Only with protocol "seed", which has no
	 * deduplication.
	 */
	| "outcome_unknown"
	/** A REST request names something that does not exist, for example a participant. */
	| "not_found"
	/**
	 * A REST request conflicts with stored data: the id is taken, or the participants of a direct conversation cannot
	 * change.
	 */
	| "conflict"
	/** A REST request would leave a conversation without an owner. */
	| "last_owner"
	/** A REST request would exceed the maximum number of participants of a conversation. */
	| "conversation_full"
	/** A REST request would add a user whom this user has already added to many conversations without an answer. */
	| "too_many_additions"
	/**
	 * The server was restored from a backup. If a connection ends because of this, the event `reset` reports it.
	 */
	| "epoch_changed"
	/**
	 * A REST request without a valid answer, or a message that the platform cannot send. The application may retry.
	 */
	| "request_failed"
	/**
	 * A WebSocket did not open: the browser's socket limit is reached, a proxy blocks it, or the server does not
	 * answer.
	 */
	| "handshake_failed"
	/** Code of an `error` frame; see the protocol's list. */
	| ErrorCode;

/**
 * Error that this package throws or reports for a failed message or connection. {@link code} is for programs,
 * `message` for people.
 */
export class ChatError extends Error {
	override readonly name = "ChatError";
	readonly code: ClientErrorCode;
	/** HTTP status, if the server sent one. */
	readonly status: number | undefined;

	constructor(code: ClientErrorCode, message: string, status?: number) {
		super(message);
		this.code = code;
		this.status = status;
	}
}

/** Creates the error for calls after `close()`. */
export function closed(): ChatError {
	return new ChatError("closed", "this was closed");
}
