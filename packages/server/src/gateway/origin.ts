/** Which web pages may connect. A client without an `Origin` is no web page and is always allowed. */
export type OriginPolicy =
	| { readonly kind: "loopback" }
	| { readonly kind: "same_host" }
	| { readonly kind: "list"; readonly origins: readonly string[] };

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
