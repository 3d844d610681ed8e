/** The WebSocket close codes this protocol uses, and what each asks of a client (RFC 6455, section 7.4.1). */
export const CloseCode = {
	/** Only ever the answer to a client's own 1000: clients do not reconnect after it. */
	normal: 1000,
	/** The server drains; the reason is `retry_ms=N`. */
	goingAway: 1001,
	/** A binary frame was sent. */
	unsupportedData: 1003,
	/** Text that is not UTF-8. */
	invalidPayload: 1007,
	/** Token expired or revoked, removed from the conversation, abuse, or a message too slow; the reason tells which. */
	policyViolation: 1008,
	/** A message over the size limit. */
	messageTooBig: 1009,
	/** A fault of the server's. */
	internalError: 1011,
	/** The peer took no byte for too long, or its user's unfinished messages take too much memory; it can resume. */
	tryAgainLater: 1013,
} as const;

export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

/** The reasons sent beside {@link CloseCode.policyViolation}. */
export const CloseReason = {
	tokenExpired: "token expired",
	tokenRevoked: "token revoked",
	otherUser: "token of another user",
	removed: "removed from the conversation",
	abuse: "too many invalid frames",
	tooSlow: "a message took too long",
} as const;

/** The reason with which the seed document's clients close when they are about to come back with a new token. */
export const TOKEN_REFRESH_REASON = "Token refresh";
