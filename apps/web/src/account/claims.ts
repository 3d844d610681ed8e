/** What a token says of its user. Nothing is verified here: that is the server's part. */
export interface Claims {
	readonly userId: string;
	readonly name: string | undefined;
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** The claims of a JWT; undefined for what is none, or names no user. */
export function claimsOf(token: string): Claims | undefined {
	const [, payload = ""] = token.split(".");
	try {
		const bytes = Uint8Array.from(
			atob(payload.replaceAll("-", "+").replaceAll("_", "/")),
			(char) => char.charCodeAt(0),
		);
		const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
		if (typeof claims !== "object" || claims === null) return undefined;
		const { user_id, sub, name } = claims as Record<string, unknown>;
		const userId = user_id ?? sub;
		if (typeof userId !== "string" || !isUuid(userId)) return undefined;
		return {
			userId: userId.toLowerCase(),
			name: typeof name === "string" ? name : undefined,
		};
	} catch {
		return undefined;
	}
}

export function isUuid(text: string): boolean {
	return UUID.test(text);
}
