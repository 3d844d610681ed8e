import { parseUuid } from "@secureconnect/protocol";
import { MIN_SECRET_BYTES, StartupError } from "@secureconnect/server";
import { mintToken } from "./mint.ts";
import { readSecret } from "./secret-file.ts";
import { resolveSettings } from "./settings.ts";
import { duration } from "./values.ts";

export interface TokenFlags {
	readonly user: string;
	readonly name?: string;
	readonly ttl: string;
	readonly admin?: boolean;
	readonly data?: string;
}

/** `secureconnect token`: prints an access token, signed with the secret of the environment or of a data directory. */
export async function token(flags: TokenFlags): Promise<void> {
	const settings = resolveSettings("dev", { data: flags.data }, process.env);
	const userId = parseUuid(flags.user);
	if (userId === undefined)
		throw new StartupError(
			`--user must be a UUID, such as ${crypto.randomUUID()}`,
		);
	let ttlMs: number;
	try {
		ttlMs = duration(flags.ttl);
	} catch (error) {
		throw new StartupError(`--ttl must be ${(error as Error).message}`);
	}
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
	console.log(
		await mintToken(secret, {
			userId,
			name: flags.name,
			ttlMs,
			admin: flags.admin ?? false,
			issuer: settings.jwtIssuer,
			audience: settings.jwtAudience,
		}),
	);
}
