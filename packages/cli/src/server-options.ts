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
 * What the server needs to know, out of settings that have to fit each other.
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
			`SECURECONNECT_PONG_TIMEOUT_MS (${settings.pongTimeoutMs}) must be longer than SECURECONNECT_PING_INTERVAL_MS (${settings.pingIntervalMs}): healthy connections would be cut`,
		);
	if (host !== undefined && !behindProxy && !isLoopback(host))
		throw new StartupError(
			command === "dev"
				? `--host ${host} would open this server, made for trying things, to other machines: leave --host out, or use "secureconnect serve"`
				: `--host ${host} would send tokens and messages unencrypted: put a proxy that speaks TLS in front and say --behind-proxy on, or listen on 127.0.0.1`,
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

/** @throws {StartupError} unless exactly one of a secret and a public key is set. */
export function configuredKey(settings: Settings): Promise<VerificationKey> {
	const { jwtSecret, jwtPublicKey } = settings;
	if (jwtSecret !== undefined && jwtPublicKey !== undefined)
		throw new StartupError(
			"both SECURECONNECT_JWT_SECRET and a public key are set: unset the one your tokens are not signed with",
		);
	if (jwtPublicKey !== undefined) return publicKey(jwtPublicKey);
	if (jwtSecret !== undefined) return secretKey(jwtSecret);
	throw new StartupError(
		"nothing verifies tokens: set SECURECONNECT_JWT_SECRET to the secret your tokens are signed with, or say --jwt-public-key FILE",
	);
}
