import { StartupError } from "@secureconnect/server/startup-error";
import { signerOf, userIdOf } from "./signer.ts";
import { duration } from "./values.ts";

export interface TokenFlags {
	readonly user: string;
	readonly name?: string;
	readonly ttl: string;
	readonly admin?: boolean;
	readonly data?: string;
}

/**
 * Runs `secureconnect token`: prints an access token, signed with the secret of the environment or a data directory.
 */
export async function token(flags: TokenFlags): Promise<void> {
	const userId = userIdOf(flags.user);
	let ttlMs: number;
	try {
		ttlMs = duration(flags.ttl);
	} catch (error) {
		throw new StartupError(`--ttl must be ${(error as Error).message}`);
	}
	const sign = signerOf(flags.data);
	console.log(
		await sign({
			userId,
			name: flags.name,
			ttlMs,
			admin: flags.admin ?? false,
		}),
	);
}
