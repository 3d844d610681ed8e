import { parseUuid } from "@secureconnect/protocol";
import { MIN_SECRET_BYTES } from "@secureconnect/server";
import { StartupError } from "@secureconnect/server/startup-error";
import { mintToken, type TokenFields } from "./mint.ts";
import { readSecret } from "./secret-file.ts";
import { resolveSettings } from "./settings.ts";

/** Function that signs tokens with the issuer and audience of a server's settings. */
export type Signer = (
	fields: Omit<TokenFields, "issuer" | "audience">,
) => Promise<string>;

/**
 * Creates a signer with the secret of the environment, or with that of the data directory of "secureconnect dev". It
 * prints a line if it uses the latter.
 * @throws {StartupError} if there is no secret, or it is too short
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
			`there is no secret to sign with: set SECURECONNECT_JWT_SECRET, or give the data directory of "secureconnect dev" with --data`,
		);
	if (Buffer.byteLength(secret) < MIN_SECRET_BYTES)
		throw new StartupError(
			`the JWT secret has fewer than ${MIN_SECRET_BYTES} bytes: generate one with "openssl rand -base64 32"`,
		);
	return (fields) =>
		mintToken(secret, {
			...fields,
			issuer: settings.jwtIssuer,
			audience: settings.jwtAudience,
		});
}

/** Reads the user id of --user. @throws {StartupError} if it is not a UUID */
export function userIdOf(user: string): string {
	const userId = parseUuid(user);
	if (userId === undefined)
		throw new StartupError(
			`--user must be a UUID, such as ${crypto.randomUUID()}`,
		);
	return userId;
}
