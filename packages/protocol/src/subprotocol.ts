/** The subprotocol a v1 client offers, and the prefix of the entry that may carry its token beside it. */
export const SUBPROTOCOL = "secureconnect.v1";
export const BEARER_SUBPROTOCOL_PREFIX = "bearer.";
