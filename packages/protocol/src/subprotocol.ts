/**
 * Subprotocol that a v1 client offers. It is also the prefix of the second offered entry, which may carry the token.
 */
export const SUBPROTOCOL = "secureconnect.v1";
export const BEARER_SUBPROTOCOL_PREFIX = "bearer.";
