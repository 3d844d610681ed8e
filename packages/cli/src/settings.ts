/** Table of the server's settings: flag, variable, defaults, accepted values and purpose of each. */
import { StartupError } from "@secureconnect/server/startup-error";
import {
	durationUpTo,
	integer,
	oneOf,
	onOff,
	origins,
	text,
	type ValueReader,
} from "./values.ts";

export type ServerCommand = "dev" | "serve";

export interface Setting<T> {
	/** Absent for secrets: the list of processes shows the values of flags. */
	readonly flag?: string;
	readonly env: string;
	readonly read: ValueReader<T>;
	/** Default values, as a user would write them. Absent if the setting has no default. */
	readonly defaults: Partial<Record<ServerCommand, string>>;
	/** Description of the default, if no value expresses it. */
	readonly otherwise?: string;
	readonly help: string;
	/** Whether `dev` has the flag too. */
	readonly inDev?: true;
}

const both = (value: string): Record<ServerCommand, string> => ({
	dev: value,
	serve: value,
});

function setting<T>(definition: Setting<T>): Setting<T> {
	return definition;
}

export const SETTINGS = {
	port: setting({
		flag: "--port <number>",
		env: "SECURECONNECT_PORT",
		read: integer(0, 65_535),
		defaults: both("8082"),
		help: "Port for WebSocket and REST. 0 selects a free port.",
		inDev: true,
	}),
	host: setting({
		flag: "--host <address>",
		env: "SECURECONNECT_HOST",
		read: text,
		defaults: { serve: "127.0.0.1" },
		otherwise: "dev: 127.0.0.1 and ::1",
		help: "Address to listen on. An address other than loopback requires --behind-proxy, because the server does not speak TLS.",
		inDev: true,
	}),
	data: setting({
		flag: "--data <directory>",
		env: "SECURECONNECT_DATA",
		read: text,
		defaults: { dev: ".secureconnect", serve: "secureconnect-data" },
		help: "Directory of the message log, on a local disk. The server creates it if necessary.",
		inDev: true,
	}),
	jwtSecret: setting({
		env: "SECURECONNECT_JWT_SECRET",
		read: text,
		defaults: {},
		otherwise: "dev: generated at the first start, kept in the data directory",
		help: "Secret that signs your tokens (HS256): at least 32 bytes. The server uses the text as it is and does not decode base64.",
	}),
	jwtPublicKey: setting({
		flag: "--jwt-public-key <file>",
		env: "SECURECONNECT_JWT_PUBLIC_KEY",
		read: text,
		defaults: {},
		help: "PEM file of the public key that verifies your tokens, instead of a secret: RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA).",
	}),
	jwtIssuer: setting({
		flag: "--jwt-issuer <text>",
		env: "SECURECONNECT_JWT_ISSUER",
		read: text,
		defaults: {},
		otherwise: "not checked",
		help: "The `iss` that tokens must have.",
	}),
	jwtAudience: setting({
		flag: "--jwt-audience <text>",
		env: "SECURECONNECT_JWT_AUDIENCE",
		read: text,
		defaults: {},
		otherwise: "not checked",
		help: "The `aud` that tokens must have.",
	}),
	jwtLeewaySeconds: setting({
		flag: "--jwt-leeway-seconds <number>",
		env: "SECURECONNECT_JWT_LEEWAY_SECONDS",
		read: integer(0, 300),
		defaults: { dev: "0", serve: "10" },
		help: "Largest difference, in seconds, between the clocks of the token issuer and this machine.",
	}),
	conversations: setting({
		flag: "--conversations <policy>",
		env: "SECURECONNECT_CONVERSATIONS",
		read: oneOf("members", "open"),
		defaults: { dev: "open", serve: "members" },
		help: "members: only participants can connect. open: connecting creates the conversation if necessary and makes the user a participant.",
	}),
	allowedOrigins: setting({
		flag: "--allowed-origins <list>",
		env: "SECURECONNECT_ALLOWED_ORIGINS",
		read: origins,
		defaults: {},
		otherwise: "dev: any loopback origin; serve: the same host",
		help: "Web origins that may connect, separated by commas. * allows every origin.",
	}),
	pingIntervalMs: setting({
		flag: "--ping-interval-ms <number>",
		env: "SECURECONNECT_PING_INTERVAL_MS",
		read: integer(50, 3_600_000),
		defaults: both("54000"),
		help: "Time between two heartbeat pings on a connection.",
	}),
	pongTimeoutMs: setting({
		flag: "--pong-timeout-ms <number>",
		env: "SECURECONNECT_PONG_TIMEOUT_MS",
		read: integer(50, 3_600_000),
		defaults: both("60000"),
		help: "Time after the last pong at which the server closes a connection. It must be longer than the ping interval.",
	}),
	maxMessageBytes: setting({
		flag: "--max-message-bytes <number>",
		env: "SECURECONNECT_MAX_MESSAGE_BYTES",
		read: integer(1024, 16 * 1024 * 1024),
		defaults: both("1048576"),
		help: "Largest WebSocket message and largest REST body, in bytes.",
	}),
	maxConnections: setting({
		flag: "--max-connections <number>",
		env: "SECURECONNECT_MAX_CONNECTIONS",
		read: integer(1, 1_000_000),
		defaults: both("10000"),
		help: "Largest number of open WebSocket connections. The server answers further handshakes with 503.",
	}),
	maxParticipants: setting({
		flag: "--max-participants <number>",
		env: "SECURECONNECT_MAX_PARTICIPANTS",
		read: integer(2, 10_000_000),
		defaults: both("100000"),
		help: "Largest number of participants in a conversation. Beyond it the server answers additions with 409 and joining with 403.",
	}),
	maxUnansweredAdditions: setting({
		flag: "--max-unanswered-additions <number>",
		env: "SECURECONNECT_MAX_UNANSWERED_ADDITIONS",
		read: integer(1, 1_000_000),
		defaults: both("1000"),
		help: "Number of conversations to which a user may add the same other user before that user connects to any of them, reads, sends or leaves. The server answers further additions with 409. Tokens with the scope admin are exempt.",
	}),
	whoPins: setting({
		flag: "--who-pins <participants|moderators>",
		env: "SECURECONNECT_WHO_PINS",
		read: oneOf("participants", "moderators"),
		defaults: both("participants"),
		help: "Who may pin messages: every participant who may write, or only owners and moderators.",
	}),
	maxBacklogBytes: setting({
		flag: "--max-backlog-bytes <number>",
		env: "SECURECONNECT_MAX_BACKLOG_BYTES",
		read: integer(4096, 1024 ** 3),
		defaults: both("262144"),
		help: "Bytes that the server keeps in memory for a slow reader. Beyond it the server sends to this reader from the log, at the reader's pace.",
	}),
	maxTotalBacklogBytes: setting({
		flag: "--max-total-backlog-bytes <number>",
		env: "SECURECONNECT_MAX_TOTAL_BACKLOG_BYTES",
		read: integer(65_536, 1024 ** 4),
		defaults: both("268435456"),
		help: "Bytes that the server keeps in memory for all slow readers together. The more of it is in use, the less the server keeps for each reader.",
	}),
	maxIncomingBytes: setting({
		flag: "--max-incoming-bytes <number>",
		env: "SECURECONNECT_MAX_INCOMING_BYTES",
		read: integer(1024 ** 2, 1024 ** 4),
		defaults: both("134217728"),
		help: "Bytes that the server keeps in memory for messages and REST bodies that are incomplete or wait for processing. A user may use an eighth. The server raises a smaller value to 16 times --max-message-bytes.",
	}),
	maxAnswerBytes: setting({
		flag: "--max-answer-bytes <number>",
		env: "SECURECONNECT_MAX_ANSWER_BYTES",
		read: integer(1024 ** 2, 1024 ** 4),
		defaults: both("134217728"),
		help: "Bytes that the server keeps in memory for REST answers until the client has read them. A user may use an eighth. The server raises a smaller value to 12 MiB and 8 times --max-message-bytes.",
	}),
	presenceGraceMs: setting({
		flag: "--presence-grace-ms <number>",
		env: "SECURECONNECT_PRESENCE_GRACE_MS",
		read: integer(0, 600_000),
		defaults: both("3000"),
		help: "Time that a user with a lost connection has to reconnect before the server reports the user offline.",
	}),
	presenceBroadcastUsers: setting({
		flag: "--presence-broadcast-users <number>",
		env: "SECURECONNECT_PRESENCE_BROADCAST_USERS",
		read: integer(0, 1_000_000),
		defaults: both("1000"),
		help: "Largest number of online users in a conversation for which the server broadcasts joining and leaving.",
	}),
	page: setting({
		flag: "--page <on|off>",
		env: "SECURECONNECT_PAGE",
		read: onOff,
		defaults: { dev: "on", serve: "off" },
		help: "Serves the chat page at `/`.",
	}),
	limits: setting({
		flag: "--limits <on|off>",
		env: "SECURECONNECT_LIMITS",
		read: onOff,
		defaults: both("on"),
		help: "Reserved for rate limits. This version has none and accepts the setting so that configurations stay valid.",
	}),
	adminPort: setting({
		flag: "--admin-port <number>",
		env: "SECURECONNECT_ADMIN_PORT",
		read: integer(0, 65_535),
		defaults: {},
		otherwise: "off",
		help: "Port for /metrics and the admin routes, on 127.0.0.1. They require no token.",
	}),
	behindProxy: setting({
		flag: "--behind-proxy <on|off>",
		env: "SECURECONNECT_BEHIND_PROXY",
		read: onOff,
		defaults: both("off"),
		help: "States that a proxy in front of the server speaks TLS. It allows a --host other than loopback.",
	}),
	drainTimeoutMs: setting({
		flag: "--drain-timeout <duration>",
		env: "SECURECONNECT_DRAIN_TIMEOUT",
		read: durationUpTo("24h"),
		defaults: both("10s"),
		help: "Longest time that the server takes to stop.",
	}),
	logLevel: setting({
		flag: "--log-level <level>",
		env: "SECURECONNECT_LOG_LEVEL",
		read: oneOf("fatal", "error", "warn", "info", "debug", "silent"),
		defaults: both("info"),
		help: "Lowest severity that the server logs. The log goes to standard output.",
	}),
	logFormat: setting({
		flag: "--log-format <format>",
		env: "SECURECONNECT_LOG_FORMAT",
		read: oneOf("text", "json"),
		defaults: {},
		otherwise: "text on a terminal, json elsewhere",
		help: "Format of the log. text: lines for people. json: one object per line, for programs.",
	}),
};

type Table = typeof SETTINGS;
type Defaulted =
	| "port"
	| "data"
	| "jwtLeewaySeconds"
	| "conversations"
	| "pingIntervalMs"
	| "pongTimeoutMs"
	| "maxMessageBytes"
	| "maxConnections"
	| "maxParticipants"
	| "maxUnansweredAdditions"
	| "whoPins"
	| "maxBacklogBytes"
	| "maxTotalBacklogBytes"
	| "maxIncomingBytes"
	| "maxAnswerBytes"
	| "presenceGraceMs"
	| "presenceBroadcastUsers"
	| "page"
	| "limits"
	| "behindProxy"
	| "drainTimeoutMs"
	| "logLevel";
type ValueOf<K extends keyof Table> = ReturnType<Table[K]["read"]>;
export type Settings = {
	readonly [K in keyof Table]: K extends Defaulted
		? ValueOf<K>
		: ValueOf<K> | undefined;
};

const PREFIX = "SECURECONNECT_";
/** Variable of `chat` and `tail`. It is not a setting of the server, but the server accepts it in its environment. */
export const TOKEN_VARIABLE = "SECURECONNECT_TOKEN";

/**
 * Resolves every setting: a flag overrides its variable, a variable overrides the default.
 * @param flags by setting, as written on the command line.
 * @throws {StartupError} for a malformed value and for an unknown variable with the prefix.
 */
export function resolveSettings(
	command: ServerCommand,
	flags: Readonly<Record<string, string | undefined>>,
	env: Readonly<Record<string, string | undefined>>,
): Settings {
	refuseUnknownVariables(env);
	const settings: Record<string, unknown> = {};
	for (const [key, { flag, env: name, read, defaults }] of Object.entries(
		SETTINGS as Record<string, Setting<unknown>>,
	)) {
		const fromFlag = flags[key];
		const given = fromFlag ?? env[name] ?? defaults[command];
		if (given === undefined) continue;
		const source = fromFlag !== undefined && flag ? flag.split(" ")[0] : name;
		try {
			settings[key] = read(given);
		} catch (error) {
			// The message does not repeat the value: a value in the wrong place may be a secret.
			throw new StartupError(
				`${source} must be ${error instanceof Error ? error.message : "valid"}: correct it, or leave it out`,
			);
		}
	}
	// The loop has read every key of the table with the reader of that key.
	return settings as Settings;
}

function refuseUnknownVariables(
	env: Readonly<Record<string, string | undefined>>,
): void {
	const known = new Set(Object.values(SETTINGS).map((entry) => entry.env));
	known.add(TOKEN_VARIABLE);
	for (const name of Object.keys(env)) {
		if (!name.startsWith(PREFIX) || known.has(name)) continue;
		throw new StartupError(
			`the environment variable ${name} is not a setting: unset it; "secureconnect serve --help" lists the variables`,
		);
	}
}
