import {
	isLoopback,
	publicKey,
	type ServerOptions,
	StartupError,
	secretKey,
	type VerificationKey,
} from "@secureconnect/server";
import type { ServerCommand, Settings } from "./settings.ts";

/**
 * Derives the options of the server from the settings, and checks settings that depend on each other.
 * @throws {StartupError}
 */
export function serverOptions(
	command: ServerCommand,
	settings: Settings,
	key: VerificationKey,
): Omit<ServerOptions, "pages" | "localAnswers" | "log"> {
	const { host, behindProxy, allowedOrigins, adminPort } = settings;
	if (settings.pongTimeoutMs <= settings.pingIntervalMs)
		throw new StartupError(
			`SECURECONNECT_PONG_TIMEOUT_MS (${settings.pongTimeoutMs}) must be longer than SECURECONNECT_PING_INTERVAL_MS (${settings.pingIntervalMs}): otherwise the server would close healthy connections`,
		);
	if (host !== undefined && !behindProxy && !isLoopback(host))
		throw new StartupError(
			command === "dev"
				? `--host ${host} would open this development server to other machines: leave --host out, or use "secureconnect serve"`
				: `--host ${host} would send tokens and messages unencrypted: put a TLS proxy in front of the server and set --behind-proxy on, or listen on 127.0.0.1`,
		);
	return {
		...settings,
		host: host ?? "loopback",
		dataDirectory: settings.data,
		key,
		issuer: settings.jwtIssuer,
		audience: settings.jwtAudience,
		leewaySeconds: settings.jwtLeewaySeconds,
		policy: settings.conversations,
		origins: allowedOrigins
			? { kind: "list", origins: allowedOrigins }
			: { kind: command === "dev" ? "loopback" : "same_host" },
		admin:
			adminPort === undefined
				? undefined
				: { host: "127.0.0.1", port: adminPort },
	};
}

/**
 * Returns the key that verifies tokens.
 * @throws {StartupError} unless the settings have either a secret or a public key.
 */
export function configuredKey(settings: Settings): Promise<VerificationKey> {
	const { jwtSecret, jwtPublicKey } = settings;
	if (jwtSecret !== undefined && jwtPublicKey !== undefined)
		throw new StartupError(
			"both SECURECONNECT_JWT_SECRET and a public key are set: unset the one that does not match your tokens",
		);
	if (jwtPublicKey !== undefined) return publicKey(jwtPublicKey);
	if (jwtSecret !== undefined) return secretKey(jwtSecret);
	throw new StartupError(
		"the server has no key to verify tokens: set SECURECONNECT_JWT_SECRET to the secret that signs your tokens, or give --jwt-public-key FILE",
	);
}
