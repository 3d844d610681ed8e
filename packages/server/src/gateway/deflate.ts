/** Which permessage-deflate is agreed to (RFC 7692), and what `ws` keeps for it. */
import type { WebSocket } from "ws";

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

/** What `ws` keeps of a connection's extensions; not in its types. */
interface WithExtensions {
	readonly _extensions?: Readonly<
		Record<string, { cleanup?(): void } | undefined>
	>;
}

/**
 * Frees the state with which a message was inflated, some 40 KiB, which `ws` would keep for the next. To be called
 * where a message has been read and the next has not been begun. Should a later `ws` keep it elsewhere, it is kept.
 */
export function releaseInflater(ws: WebSocket): void {
	(ws as unknown as WithExtensions)._extensions?.[NAME]?.cleanup?.();
}
