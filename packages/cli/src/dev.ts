import { StartupError, secretKey } from "@secureconnect/server";
import { pino } from "pino";
import { devPages } from "./dev-pages.ts";
import { type DevUser, devScreen } from "./dev-screen.ts";
import { mintToken } from "./mint.ts";
import { run } from "./run.ts";
import { readOrMakeSecret } from "./secret-file.ts";
import { serverOptions } from "./server-options.ts";
import type { Settings } from "./settings.ts";

/** The seed document's own conversation, so that its examples can be pasted as they are. */
const CONVERSATION_ID = "550e8400-e29b-41d4-a716-446655440000";
const USERS: readonly DevUser[] = [
	{ name: "Alice", userId: "a11ce000-0000-4000-8000-000000000001" },
	{ name: "Bob", userId: "b0b00000-0000-4000-8000-000000000002" },
];
const TOKEN_TTL_MS = 24 * 3_600_000;

/** `secureconnect dev`: everything decided, nothing to configure. */
export async function dev(settings: Settings): Promise<void> {
	if (settings.jwtPublicKey !== undefined)
		throw new StartupError(
			'dev signs tokens itself and cannot do so for a public key: unset SECURECONNECT_JWT_PUBLIC_KEY, or use "secureconnect serve"',
		);
	const secret = settings.jwtSecret ?? readOrMakeSecret(settings.data);
	const options = serverOptions("dev", settings, await secretKey(secret));
	const log = pino({ level: settings.logLevel });
	await run({ ...options, pages: devPages(), log }, async ({ port }) => {
		const tokens = await Promise.all(
			USERS.map(({ userId, name }) =>
				mintToken(secret, {
					userId,
					name,
					ttlMs: TOKEN_TTL_MS,
					issuer: settings.jwtIssuer,
					audience: settings.jwtAudience,
				}),
			),
		);
		console.log(
			devScreen({
				host: settings.host ?? "localhost",
				port,
				data: settings.data,
				conversationId: CONVERSATION_ID,
				users: USERS.map((user, i) => ({ ...user, token: tokens[i] ?? "" })),
			}),
		);
	});
}
