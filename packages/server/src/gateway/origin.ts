/** Which web pages may connect. A client without an `Origin` is no web page and is always allowed. */
export type OriginPolicy =
	| { readonly kind: "loopback" }
	| { readonly kind: "same_host" }
	| { readonly kind: "list"; readonly origins: readonly string[] };

/** Longer than any name that DNS has, with a port (RFC 1035, section 2.3.4). */
const MAX_LOGGED_HOST = 260;

/** @param host the request's own `Host`, as the client wrote it. */
export function isOriginAllowed(
	policy: OriginPolicy,
	origin: string | undefined,
	host: string | undefined,
): boolean {
	if (origin === undefined) return true;
	if (policy.kind === "list")
		return policy.origins.includes("*") || policy.origins.includes(origin);
	let url: URL;
	try {
		url = new URL(origin);
	} catch {
		return false;
	}
	if (policy.kind === "same_host") return url.host === host?.toLowerCase();
	return isLoopback(url.hostname);
}

/**
 * An origin as a browser would send it, for the operator's log: what a client wrote besides may be a token.
 * @param origin the header `Origin`, as the client wrote it.
 */
export function originForLog(origin: string): string {
	// What browsers send for pages from files and for sandboxed frames.
	if (origin === "null") return origin;
	const { protocol, host } = URL.canParse(origin)
		? new URL(origin)
		: { protocol: "", host: "" };
	return host === "" || host.length > MAX_LOGGED_HOST
		? "not an origin"
		: `${protocol}//${host}`;
}

/** @param hostname a name or address; IPv6 with or without its brackets. */
export function isLoopback(hostname: string): boolean {
	const name = hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1");
	return (
		name === "localhost" ||
		name.endsWith(".localhost") ||
		name === "::1" ||
		/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
	);
}
