/** Every setting of the server, once: its flag, its variable, its defaults, what it accepts, what it is for. */
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
	/** Absent where a value on the command line would show in the list of processes. */
	readonly flag?: string;
	readonly env: string;
	readonly read: ValueReader<T>;
	/** As it would be written; absent where nothing is assumed. */
	readonly defaults: Partial<Record<ServerCommand, string>>;
	/** The default in words, where it is none that could be written. */
	readonly otherwise?: string;
	readonly help: string;
	/** Takes a flag of `dev` too. */
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
		help: "Port for WebSocket and REST; 0 for any free one.",
		inDev: true,
	}),
	host: setting({
		flag: "--host <address>",
		env: "SECURECONNECT_HOST",
		read: text,
		defaults: { serve: "127.0.0.1" },
		otherwise: "dev: 127.0.0.1 and ::1",
		help: "Address to listen on. Anything but loopback needs --behind-proxy, since the server itself speaks no TLS.",
		inDev: true,
	}),
	data: setting({
		flag: "--data <directory>",
		env: "SECURECONNECT_DATA",
		read: text,
		defaults: { dev: ".secureconnect", serve: "secureconnect-data" },
		help: "Directory of the message log, on a local disk; made if it is not there.",
		inDev: true,
	}),
	jwtSecret: setting({
		env: "SECURECONNECT_JWT_SECRET",
		read: text,
		defaults: {},
		otherwise: "dev: made once, kept in the data directory",
		help: "Secret with which your tokens are signed (HS256): at least 32 bytes, used as the text it is, not decoded from base64.",
	}),
	jwtPublicKey: setting({
		flag: "--jwt-public-key <file>",
		env: "SECURECONNECT_JWT_PUBLIC_KEY",
		read: text,
		defaults: {},
		help: "PEM file of the key that verifies your tokens instead: RSA (RS256), P-256 (ES256) or Ed25519 (EdDSA).",
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
		help: "How far the clocks of the issuer and this machine may differ.",
	}),
	conversations: setting({
		flag: "--conversations <policy>",
		env: "SECURECONNECT_CONVERSATIONS",
		read: oneOf("members", "open"),
		defaults: { dev: "open", serve: "members" },
		help: "members: only participants connect. open: connecting makes the conversation and joins it.",
	}),
	allowedOrigins: setting({
		flag: "--allowed-origins <list>",
		env: "SECURECONNECT_ALLOWED_ORIGINS",
		read: origins,
		defaults: {},
		otherwise: "dev: any loopback origin; serve: the same host",
		help: "Web origins that may connect, separated by commas; * for any.",
	}),
	pingIntervalMs: setting({
		flag: "--ping-interval-ms <number>",
		env: "SECURECONNECT_PING_INTERVAL_MS",
		read: integer(50, 3_600_000),
		defaults: both("54000"),
		help: "Between two heartbeat pings to a connection.",
	}),
	pongTimeoutMs: setting({
		flag: "--pong-timeout-ms <number>",
		env: "SECURECONNECT_PONG_TIMEOUT_MS",
		read: integer(50, 3_600_000),
		defaults: both("60000"),
		help: "From the last pong to the end of the connection; longer than the ping interval.",
	}),
	maxMessageBytes: setting({
		flag: "--max-message-bytes <number>",
		env: "SECURECONNECT_MAX_MESSAGE_BYTES",
		read: integer(1024, 16 * 1024 * 1024),
		defaults: both("1048576"),
		help: "Largest WebSocket message and REST body.",
	}),
	maxConnections: setting({
		flag: "--max-connections <number>",
		env: "SECURECONNECT_MAX_CONNECTIONS",
		read: integer(1, 1_000_000),
		defaults: both("10000"),
		help: "WebSockets open at once; beyond it the handshake is answered with 503.",
	}),
	maxParticipants: setting({
		flag: "--max-participants <number>",
		env: "SECURECONNECT_MAX_PARTICIPANTS",
		read: integer(2, 10_000_000),
		defaults: both("100000"),
		help: "Participants of one conversation; beyond it adding is answered with 409, and joining with 403.",
	}),
	maxUnansweredAdditions: setting({
		flag: "--max-unanswered-additions <number>",
		env: "SECURECONNECT_MAX_UNANSWERED_ADDITIONS",
		read: integer(1, 1_000_000),
		defaults: both("1000"),
		help: "Conversations to which one user may add the same other user before that user connects to any of them, reads, sends or leaves; beyond it adding is answered with 409. Tokens of the scope admin are exempt.",
	}),
	maxBacklogBytes: setting({
		flag: "--max-backlog-bytes <number>",
		env: "SECURECONNECT_MAX_BACKLOG_BYTES",
		read: integer(4096, 1024 ** 3),
		defaults: both("262144"),
		help: "Kept in memory for one reader that is slow to take it; beyond, it reads on from the log at its own pace.",
	}),
	maxTotalBacklogBytes: setting({
		flag: "--max-total-backlog-bytes <number>",
		env: "SECURECONNECT_MAX_TOTAL_BACKLOG_BYTES",
		read: integer(65_536, 1024 ** 4),
		defaults: both("268435456"),
		help: "Kept for all slow readers together; the more of it is used, the less is kept for each.",
	}),
	maxIncomingBytes: setting({
		flag: "--max-incoming-bytes <number>",
		env: "SECURECONNECT_MAX_INCOMING_BYTES",
		read: integer(1024 ** 2, 1024 ** 4),
		defaults: both("134217728"),
		help: "Kept for messages and REST bodies that are not complete or wait to be handled. One user may use an eighth. Raised to 16 times --max-message-bytes where it is less.",
	}),
	maxAnswerBytes: setting({
		flag: "--max-answer-bytes <number>",
		env: "SECURECONNECT_MAX_ANSWER_BYTES",
		read: integer(1024 ** 2, 1024 ** 4),
		defaults: both("134217728"),
		help: "Kept for REST answers that are being made or read. One user may use an eighth. Raised to 12 MiB and 8 times --max-message-bytes where it is less.",
	}),
	presenceGraceMs: setting({
		flag: "--presence-grace-ms <number>",
		env: "SECURECONNECT_PRESENCE_GRACE_MS",
		read: integer(0, 600_000),
		defaults: both("3000"),
		help: "How long a lost connection may be away before the others are told.",
	}),
	presenceBroadcastUsers: setting({
		flag: "--presence-broadcast-users <number>",
		env: "SECURECONNECT_PRESENCE_BROADCAST_USERS",
		read: integer(0, 1_000_000),
		defaults: both("1000"),
		help: "Users on line in a conversation beyond which joining and leaving is no longer broadcast.",
	}),
	page: setting({
		flag: "--page <on|off>",
		env: "SECURECONNECT_PAGE",
		read: onOff,
		defaults: { dev: "on", serve: "off" },
		help: "Serve the chat page at `/`.",
	}),
	limits: setting({
		flag: "--limits <on|off>",
		env: "SECURECONNECT_LIMITS",
		read: onOff,
		defaults: both("on"),
		help: "Rate limits. There are none yet: accepted so that configurations need no change when they come.",
	}),
	adminPort: setting({
		flag: "--admin-port <number>",
		env: "SECURECONNECT_ADMIN_PORT",
		read: integer(0, 65_535),
		defaults: {},
		otherwise: "off",
		help: "Port for /metrics and admin routes, on 127.0.0.1 and without a token.",
	}),
	behindProxy: setting({
		flag: "--behind-proxy <on|off>",
		env: "SECURECONNECT_BEHIND_PROXY",
		read: onOff,
		defaults: both("off"),
		help: "A proxy in front of the server speaks TLS; allows --host to be other than loopback.",
	}),
	drainTimeoutMs: setting({
		flag: "--drain-timeout <duration>",
		env: "SECURECONNECT_DRAIN_TIMEOUT",
		read: durationUpTo("24h"),
		defaults: both("10s"),
		help: "How long stopping may take.",
	}),
	logLevel: setting({
		flag: "--log-level <level>",
		env: "SECURECONNECT_LOG_LEVEL",
		read: oneOf("fatal", "error", "warn", "info", "debug", "silent"),
		defaults: both("info"),
		help: "Least severity that is logged, on standard output.",
	}),
	logFormat: setting({
		flag: "--log-format <format>",
		env: "SECURECONNECT_LOG_FORMAT",
		read: oneOf("text", "json"),
		defaults: {},
		otherwise: "text on a terminal, json elsewhere",
		help: "Form of the log: text is lines for people, json is an object per line for programs.",
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
/** Of `chat` and `tail`: a server that finds it in its environment has no use for it. */
export const TOKEN_VARIABLE = "SECURECONNECT_TOKEN";

/**
 * Settles every setting: a flag before a variable before the default.
 * @param flags by setting, as written on the command line.
 * @throws {StartupError} for a value that cannot be read and for a variable nobody knows.
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
			// What was given is not repeated: it may be a secret in the wrong place.
			throw new StartupError(
				`${source} must be ${error instanceof Error ? error.message : "valid"}: correct it, or leave it out`,
			);
		}
	}
	// The loop has read every key of the table with that key's own reader.
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
			`the environment variable ${name} is no setting: unset it, or see "secureconnect serve --help" for the names`,
		);
	}
}
