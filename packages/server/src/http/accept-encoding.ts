/**
 * Returns the first offered encoding that a request accepts (RFC 9110, section 12.5.3), or undefined if it accepts
 * none. Without the header it returns undefined: simple clients that do not send the header do not decode either.
 * @param offered encodings in the server's order of preference
 */
export function acceptedEncoding(
	header: string | undefined,
	offered: readonly string[],
): string | undefined {
	const accepted = new Map<string, boolean>();
	for (const part of (header ?? "").toLowerCase().split(",")) {
		const [name = "", ...parameters] = part.split(";").map((it) => it.trim());
		const quality = parameters.find((it) => it.startsWith("q="))?.slice(2);
		accepted.set(name, quality === undefined || Number(quality) > 0);
	}
	return offered.find((it) => accepted.get(it) ?? accepted.get("*") ?? false);
}
