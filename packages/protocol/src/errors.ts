/**
 * Closed list of `error` frame codes. `retry` says whether the same frame may succeed later without a change. With
 * `retry: true` the frame carries `retry_ms`.
 */
export const ERROR_CODES = {
	invalid_json: { retry: false, meaning: "The frame is not a JSON object." },
	unknown_type: {
		retry: false,
		meaning: "`type` is missing or is not a frame type that a client may send.",
	},
	invalid_frame: {
		retry: false,
		meaning: "A field is missing, has the wrong type or exceeds its limit.",
	},
	unknown_message: {
		retry: false,
		meaning:
			"An id in the frame (`message_id`, `target_id`, `reply_to`, `thread_id`) names no chat message of this conversation.",
	},
	message_deleted: {
		retry: false,
		meaning: "The message that the frame would amend was deleted.",
	},
	version_conflict: {
		retry: false,
		meaning: "The message has another version than `if_version`.",
	},
	forbidden: {
		retry: false,
		meaning: "The sender's role does not allow this; nothing was stored.",
	},
	read_only: {
		retry: false,
		meaning:
			"The conversation is closed, or the sender may only read; nothing was stored.",
	},
	limit_reached: {
		retry: false,
		meaning:
			"The message or the conversation has its maximum of such marks, or the connection its maximum of subscriptions.",
	},
	client_message_id_conflict: {
		retry: false,
		meaning:
			"The sender already used this `client_message_id` for a command with different content.",
	},
	unknown_cursor: {
		retry: false,
		meaning:
			"`after` or `after_seq` does not identify an entry of this conversation; live frames follow.",
	},
	not_participant: {
		retry: false,
		meaning:
			"The sender is not a participant of the conversation; nothing was stored.",
	},
	unauthorized: {
		retry: false,
		meaning:
			"The server refused the new access token; the previous expiry remains in force.",
	},
	draining: {
		retry: true,
		meaning: "The server is stopping; nothing was stored.",
	},
	unavailable: {
		retry: true,
		meaning: "The message log cannot accept writes now; nothing was stored.",
	},
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/** Error that an `error` frame or a REST error reports: what the client did wrong, or what the server cannot do now. */
export interface ProtocolError {
	readonly code: ErrorCode;
	/** Text for people. It names the field if the error is about a field. */
	readonly message: string;
	/** Lower-case `client_message_id` of the refused frame, if the frame had one. */
	readonly clientMessageId?: string;
	/** Conversation of the refused frame, on a connection for several conversations. */
	readonly conversationId?: string;
}

/** Bodies of refused handshakes and REST requests: `{"error": ...}`. */
export const HttpError = {
	originNotAllowed: "origin not allowed",
	unavailable: "unavailable",
	unauthorized: "unauthorized",
	invalidUserId: "invalid user_id",
	conversationIdRequired: "conversation_id required",
	invalidConversationId: "invalid conversation_id",
	invalidDeviceId: "invalid device_id",
	notParticipant: "not a participant",
	notOwner: "not an owner",
	unknownCursor: "unknown cursor",
	unknownParticipant: "unknown participant",
	conversationExists: "conversation exists",
	tooManyParticipants: "too many participants",
	tooManyUnansweredAdditions: "too many unanswered additions",
	tooManyBlocks: "too many blocks",
	lastOwner: "last owner",
	directConversation: "direct conversation",
	epochChanged: "epoch changed",
	unknownMessage: "unknown message",
	messageDeleted: "message deleted",
	versionConflict: "version conflict",
	forbidden: "forbidden",
	readOnly: "read only",
	limitReached: "limit reached",
	clientMessageIdConflict: "client_message_id conflict",
	upgradeRequired: "upgrade required",
	notFound: "not found",
	internal: "internal error",
} as const;
