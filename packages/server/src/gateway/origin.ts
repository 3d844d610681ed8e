import type { IncomingMessage } from "node:http";
import { HttpError } from "@secureconnect/protocol";
import { HttpRefusal } from "../http-refusal.ts";

/**
 * Policy that says which web pages may connect. A client without an `Origin` is not a web page and is always allowed.
 */
export type OriginPolicy =
	| { readonly kind: "loopback" }
	| { readonly kind: "same_host" }
	| { readonly kind: "list"; readonly origins: readonly string[] };

/** Longer than any DNS name with a port (RFC 1035, section 2.3.4). */
const MAX_LOGGED_HOST = 260;

/**
 * Checks the `Origin` header of a request.
 * @throws {HttpRefusal} 403
 */
export function checkOrigin(
	request: IncomingMessage,
	policy: OriginPolicy,
): void {
	const { origin, host } = request.headers;
	if (origin !== undefined && !isOriginAllowed(policy, origin, host))
		throw new HttpRefusal(
			403,
			HttpError.originNotAllowed,
			{},
			{ of: "origin", origin: originForLog(origin) },
		);
}

/**
 * Checks whether a request's origin may connect.
 * @param host `Host` header of the request, as the client wrote it
 */
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
 * Returns an origin in the form that browsers send, for the operator's log. Other text from the client could be a
 * token.
 * @param origin `Origin` header, as the client wrote it
 */
function originForLog(origin: string): string {
	// Browsers send this for pages from files and for sandboxed frames.
	if (origin === "null") return origin;
	const { protocol, host } = URL.canParse(origin)
		? new URL(origin)
		: { protocol: "", host: "" };
	return host === "" || host.length > MAX_LOGGED_HOST
		? "not an origin"
		: `${protocol}//${host}`;
}

/**
 * Checks whether a host name means this machine.
 * @param hostname name or address; IPv6 with or without brackets
 */
export function isLoopback(hostname: string): boolean {
	const name = hostname.toLowerCase().replace(/^\[(.*)\]$/, "$1");
	return (
		name === "localhost" ||
		name.endsWith(".localhost") ||
		name === "::1" ||
		/^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name)
	);
}
