/** WebSocket close codes of this protocol, with what each asks of a client (RFC 6455, section 7.4.1). */
export const CloseCode = {
	/** The server only sends it in answer to a client's own 1000. Clients do not reconnect after it. */
	normal: 1000,
	/** The server drains. The reason is `retry_ms=N`. */
	goingAway: 1001,
	/** The client sent a binary frame. */
	unsupportedData: 1003,
	/** The client sent text that is not UTF-8. */
	invalidPayload: 1007,
	/**
	 * The token expired or was revoked, the user was removed from the conversation, the conversation was deleted, the
	 * client abused the connection, or a message arrived too slowly. The reason says which.
	 */
	policyViolation: 1008,
	/** The client sent a message over the size limit. */
	messageTooBig: 1009,
	/** The server failed. */
	internalError: 1011,
	/**
	 * The peer took no byte for too long, or its user's unfinished messages take too much memory. The client can resume.
	 */
	tryAgainLater: 1013,
} as const;

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** Reasons that the server sends with {@link CloseCode.policyViolation}. */
export const CloseReason = {
	tokenExpired: "token expired",
	tokenRevoked: "token revoked",
	otherUser: "token of another user",
	removed: "removed from the conversation",
	deleted: "deleted",
	abuse: "too many invalid frames",
	tooSlow: "a message took too long",
} as const;

/** Reason with which clients of the seed document close a connection before they reconnect with a new token. */
export const TOKEN_REFRESH_REASON = "Token refresh";
