import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	type RunningServer,
	type ServerOptions,
	secretKey,
	startServer,
} from "@secureconnect/server";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import { TestClient } from "./client.ts";
import { SECRET, token } from "./token.ts";

export interface TestServer extends RunningServer {
	/** Address in the form `127.0.0.1:port`. */
	readonly address: string;
	readonly directory: string;
	/** Returns the chat URL of a conversation, with further query parameters. */
	url(conversationId: string, query?: Record<string, string>): string;
	/** Connects a plain client that sends its token in a header. Waits until it is open. */
	connect(
		conversationId: string,
		userId: string,
		options?: {
			query?: Record<string, string>;
			token?: string;
			protocols?: string[];
		},
	): Promise<TestClient>;
	/** Sends a REST request with a token for `userId`. */
	rest(
		method: string,
		path: string,
		userId: string,
		body?: unknown,
	): Promise<{ status: number; body: unknown; headers: Headers }>;
}

/** Creates a directory that is removed after the test. */
export function temporaryDirectory(): string {
	const directory = mkdtempSync(join(tmpdir(), "secureconnect-"));
	onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
	return directory;
}

/** Starts a server in this process, on a free port and with its own data directory. The default policy is open. */
export async function startTestServer(
	overrides: Partial<ServerOptions> = {},
): Promise<TestServer> {
	const directory = overrides.dataDirectory ?? temporaryDirectory();
	const server = await startServer({
		host: "127.0.0.1",
		port: 0,
		dataDirectory: directory,
		key: await secretKey(SECRET),
		issuer: undefined,
		audience: undefined,
		leewaySeconds: 0,
		policy: "open",
		origins: { kind: "loopback" },
		pingIntervalMs: 54_000,
		pongTimeoutMs: 60_000,
		maxMessageBytes: 1024 * 1024,
		maxConnections: 10_000,
		maxParticipants: 100_000,
		maxUnansweredAdditions: 1000,
		whoPins: "participants",
		presenceGraceMs: 3000,
		presenceBroadcastUsers: 1000,
		maxBacklogBytes: 256 * 1024,
		maxTotalBacklogBytes: 256 * 1024 * 1024,
		maxIncomingBytes: 128 * 1024 * 1024,
		maxAnswerBytes: 128 * 1024 * 1024,
		admin: undefined,
		drainTimeoutMs: 5000,
		pages: new Map(),
		localAnswers: new Map(),
		log: pino({ level: "silent" }),
		...overrides,
	});
	let drained: Promise<void> | undefined;
	const drain = (): Promise<void> => {
		drained ??= server.drain();
		return drained;
	};
	onTestFinished(drain);
	const address = `127.0.0.1:${server.port}`;
	const url = (
		conversationId: string,
		query: Record<string, string> = {},
	): string =>
		`ws://${address}/v1/ws/chat?${new URLSearchParams({ conversation_id: conversationId, ...query })}`;
	return {
		...server,
		drain,
		address,
		directory,
		url,
		async connect(conversationId, userId, options = {}) {
			const bearer = options.token ?? (await token(userId));
			return TestClient.open(url(conversationId, options.query), {
				protocols: options.protocols ?? [],
				headers: { Authorization: `Bearer ${bearer}` },
			});
		},
		async rest(method, path, userId, body) {
			const response = await fetch(`http://${address}${path}`, {
				method,
				headers: {
					Authorization: `Bearer ${await token(userId)}`,
					...(body === undefined ? {} : { "Content-Type": "application/json" }),
				},
				...(body === undefined ? {} : { body: JSON.stringify(body) }),
			});
			const text = await response.text();
			return {
				status: response.status,
				headers: response.headers,
				body: text === "" ? undefined : JSON.parse(text),
			};
		},
	};
}
