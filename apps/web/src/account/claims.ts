/** Claims of a token about its user. The page does not verify the token; the server does. */
export interface Claims {
	readonly userId: string;
	readonly name: string | undefined;
}

const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** Reads the claims of a JWT. Returns undefined if the text is not a JWT or contains no user id. */
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
