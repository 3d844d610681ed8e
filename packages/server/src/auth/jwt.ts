import { isUtf8 } from "node:buffer";

/** Fields of a JSON object. */
export type Fields = Readonly<Record<string, unknown>>;

/** Contents of a token whose signature is valid. */
export interface Jwt {
	readonly header: Fields;
	readonly claims: Fields;
}

/** Key that verifies signatures. */
export interface VerificationKey {
	/** Names of the only algorithm that tokens may use (RFC 8725, section 3.1). Some algorithms have two names. */
	readonly algorithms: readonly string[];
	/** Returns whether `signature` is this key's signature of the text. */
	verifies(text: string, signature: Buffer): boolean | Promise<boolean>;
}

/**
 * Maximum number of characters of a header. It is parsed before the signature is verified, so anyone can send one. All
 * headers of an HTTP request together are not longer.
 */
const MAX_HEADER_LENGTH = 16 * 1024;
/** RFC 4648, section 5. Some issuers keep the padding, which RFC 7515 omits. */
const BASE64URL = /^(?:[\w-]{4})*(?:[\w-]{2}(?:==)?|[\w-]{3}=?)?$/;

/**
 * Opens a signed token in compact form (RFC 7515, section 5.2; RFC 7519, section 7.2). It checks the signature, not the
 * claims. There is a promise only if the key returns one.
 * @returns the contents, or the reason for refusing the token; a reason never quotes the token
 */
export function openJwt(
	token: string,
	key: VerificationKey,
): Jwt | string | Promise<Jwt | string> {
	const [head = "", body = "", signature = "", more] = token.split(".", 4);
	if (!signature || more !== undefined) return "not a signed token";
	const header =
		head.length > MAX_HEADER_LENGTH ? undefined : jsonObject(bytesOf(head));
	if (!header) return "the token's header is invalid";
	// The server knows no extension that a token may require (RFC 7515, section 4.1.11).
	if (header.crit !== undefined) return '"crit" in the header is not supported';
	if (!key.algorithms.some((algorithm) => algorithm === header.alg))
		return `"alg" in the header is not ${key.algorithms.join(" or ")}`;
	const bytes = bytesOf(signature);
	const isValid = bytes !== undefined && key.verifies(`${head}.${body}`, bytes);
	const opened = (valid: boolean): Jwt | string => {
		if (!valid) return "signature verification failed";
		const claims = jsonObject(bytesOf(body));
		return claims ? { header, claims } : "the token's claims are invalid";
	};
	return typeof isValid === "boolean" ? opened(isValid) : isValid.then(opened);
}

function bytesOf(base64url: string): Buffer | undefined {
	return BASE64URL.test(base64url)
		? Buffer.from(base64url, "base64url")
		: undefined;
}

function jsonObject(bytes: Buffer | undefined): Fields | undefined {
	if (!bytes || !isUtf8(bytes)) return undefined;
	try {
		const value: unknown = JSON.parse(bytes.toString());
		return typeof value === "object" && value !== null && !Array.isArray(value)
			? (value as Fields)
			: undefined;
	} catch {
		return undefined;
	}
}
