/** Which permessage-deflate is agreed to (RFC 7692), and how its messages are inflated. */
import { constants, inflateRawSync } from "node:zlib";
import { CloseCode } from "@secureconnect/protocol";

const NAME = "permessage-deflate";
/** Ours is the largest window there is: frames are compressed once for all, so nobody can have a smaller one. */
const MAX_WINDOW_BITS = 15;
const FLAGS = ["server_no_context_takeover", "client_no_context_takeover"];

/**
 * The first offer of a `Sec-WebSocket-Extensions` header that can be kept, as it is to be agreed to; undefined where
 * there is none, and compression is declined. A header that is no list of extensions offers nothing.
 */
export function acceptableDeflate(
	header: string | undefined,
): string | undefined {
	const offers = header?.split(",").map(parametersOf) ?? [];
	const offer = offers.find((parameters) => parameters && isKept(parameters));
	if (!offer) return undefined;
	// An offer that names the server's window wants it named in the answer.
	const window = offer.has("server_max_window_bits")
		? [`server_max_window_bits=${MAX_WINDOW_BITS}`]
		: [];
	return [NAME, ...FLAGS, ...window].join("; ");
}

/** The parameters of one permessage-deflate offer; undefined for another extension, and for one that is malformed. */
function parametersOf(offer: string): Map<string, string> | undefined {
	const [name, ...rest] = offer.split(";").map((part) => part.trim());
	if (name !== NAME) return undefined;
	const parameters = new Map<string, string>();
	for (const part of rest) {
		const [, key = "", value = ""] =
			/^([a-z_]+)(?:\s*=\s*"?(\d+)"?)?$/.exec(part) ?? [];
		if (key === "" || parameters.has(key)) return undefined;
		parameters.set(key, value);
	}
	return parameters;
}

function isKept(parameters: ReadonlyMap<string, string>): boolean {
	for (const [key, value] of parameters) {
		if (FLAGS.includes(key) && value === "") continue;
		// Ours to use or not: what a client compresses with a smaller window can be read with any.
		if (key === "client_max_window_bits" && /^([89]|1[0-5]|)$/.test(value))
			continue;
		if (key === "server_max_window_bits" && value === String(MAX_WINDOW_BITS))
			continue;
		return false;
	}
	return true;
}

/** What every compressed message would end in, and is left out of it (RFC 7692, section 7.2.2). */
const TAIL = Buffer.of(0, 0, 0xff, 0xff);

/** Most messages are shorter than this. */
const SMALL_BYTES = 64 * 1024;
const LARGE_BYTES = 1024 * 1024;

/**
 * Inflates a whole message. It happens on the caller's thread: 0.3 ms for 1 MiB, and nothing is kept after it.
 * @returns a close code where the message is longer than `maxBytes`, or no compressed data
 */
export function inflate(
	payload: Buffer,
	maxBytes: number,
): Buffer | typeof CloseCode.messageTooBig | typeof CloseCode.invalidPayload {
	const data = Buffer.concat([payload, TAIL]);
	// Into one piece of memory: many small pieces take twice the time, and their garbage three times as long again.
	const small = inflateInPieces(
		data,
		Math.min(maxBytes, SMALL_BYTES),
		SMALL_BYTES,
	);
	return small === CloseCode.messageTooBig && maxBytes > SMALL_BYTES
		? inflateInPieces(data, maxBytes, Math.min(maxBytes, LARGE_BYTES))
		: small;
}

function inflateInPieces(
	data: Buffer,
	maxOutputLength: number,
	chunkSize: number,
): ReturnType<typeof inflate> {
	try {
		return inflateRawSync(data, {
			finishFlush: constants.Z_SYNC_FLUSH,
			maxOutputLength,
			chunkSize,
		});
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE"
			? CloseCode.messageTooBig
			: CloseCode.invalidPayload;
	}
}
