import { parseUuid } from "@secureconnect/protocol";
import { MIN_SECRET_BYTES } from "@secureconnect/server";
import { StartupError } from "@secureconnect/server/startup-error";
import { mintToken, type TokenFields } from "./mint.ts";
import { readSecret } from "./secret-file.ts";
import { resolveSettings } from "./settings.ts";

/** Signs tokens as a server's own settings would have them. */
export type Signer = (
	fields: Omit<TokenFields, "issuer" | "audience">,
) => Promise<string>;

/**
 * With the secret of the environment, or of the directory of "secureconnect dev"; of the latter it says so.
 * @throws {StartupError} where there is none, or it is too short
 */
export function signerOf(data: string | undefined): Signer {
	const settings = resolveSettings("dev", { data }, process.env);
	const secret = settings.jwtSecret ?? readSecret(settings.data);
	if (secret !== undefined && settings.jwtSecret === undefined)
		console.error(
			`secureconnect: signed with the secret of "secureconnect dev" in ${settings.data}`,
		);
	if (secret === undefined)
		throw new StartupError(
			`there is no secret to sign with: set SECURECONNECT_JWT_SECRET, or name with --data a directory that "secureconnect dev" has used`,
		);
	if (Buffer.byteLength(secret) < MIN_SECRET_BYTES)
		throw new StartupError(
			`the JWT secret has fewer than ${MIN_SECRET_BYTES} bytes: make one with "openssl rand -base64 32"`,
		);
	return (fields) =>
		mintToken(secret, {
			...fields,
			issuer: settings.jwtIssuer,
			audience: settings.jwtAudience,
		});
}

/** @throws {StartupError} unless it is a UUID */
export function userIdOf(user: string): string {
	const userId = parseUuid(user);
	if (userId === undefined)
		throw new StartupError(
			`--user must be a UUID, such as ${crypto.randomUUID()}`,
		);
	return userId;
}
