import {
	ERROR_CODES,
	encodeFrame,
	type ProtocolError,
	rfc3339,
} from "@secureconnect/protocol";

/** Milliseconds that an `error` frame advises if the frame may succeed later. */
const RETRY_MS = 1000;

/** @param now milliseconds since 1970 */
export function encodeError(error: ProtocolError, now: number): string {
	const { retry } = ERROR_CODES[error.code];
	return encodeFrame({
		type: "error",
		...error,
		timestamp: rfc3339(now),
		...(retry ? { retryMs: RETRY_MS } : {}),
	});
}
