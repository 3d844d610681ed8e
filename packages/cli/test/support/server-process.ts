/** Runs SecureConnect servers as users do: a separate process, from the build. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import {
	type ConnectOptions,
	TestClient,
} from "../../../server/test/support/client.ts";
import { SECRET, token } from "../../../server/test/support/token.ts";
import { Program, SECURECONNECT, type SpawnOptions, start } from "./program.ts";

export interface ServerProcess {
	readonly program: Program;
	/** Address in the form `127.0.0.1:port`. */
	readonly address: string;
	readonly port: number;
	readonly adminPort: number | undefined;
}

/** Line for a WebSocket client that `dev` prints for each of its two users. */
export interface DevUser {
	readonly command: string;
	readonly url: string;
	readonly token: string;
}

export interface DevProcess extends ServerProcess {
	readonly conversationId: string;
	readonly users: readonly [DevUser, DevUser];
}

/** Starts `secureconnect serve` on a free port with the tests' secret. Waits until it serves. */
export async function startServe(
	data: string,
	args: readonly string[] = [],
	env: Readonly<Record<string, string>> = {},
	timeoutMs?: number,
): Promise<ServerProcess> {
	const program = start(
		process.execPath,
		[SECURECONNECT, ...serveArgs(data), ...args],
		{ env: { SECURECONNECT_JWT_SECRET: SECRET, ...env } },
	);
	return serving(program, timeoutMs);
}

/** Starts one `secureconnect serve` for all tests of the calling file or suite. Returns a function that returns it. */
export function shareServe(
	args: readonly string[] = [],
	env: Readonly<Record<string, string>> = {},
): () => ServerProcess {
	let server: ServerProcess | undefined;
	let end = async (): Promise<void> => {};
	beforeAll(async () => {
		const data = mkdtempSync(join(tmpdir(), "secureconnect-"));
		const program = new Program(
			process.execPath,
			[SECURECONNECT, ...serveArgs(data), ...args],
			{ env: { SECURECONNECT_JWT_SECRET: SECRET, ...env } },
		);
		end = async () => {
			await program.killHard();
			rmSync(data, { recursive: true, force: true });
		};
		server = await serving(program);
	});
	afterAll(() => end());
	return () => {
		if (!server) throw new Error("the shared server runs only during tests");
		return server;
	};
}

export function serveArgs(data: string): string[] {
	return ["serve", "--port", "0", "--data", data];
}

/** Waits for the log line in which `serve` reports its ports. */
async function serving(
	program: Program,
	timeoutMs?: number,
): Promise<ServerProcess> {
	const { port, adminPort } = await program.until(
		() => program.lines.map(parseLine).find(({ msg }) => msg === "serving"),
		'the line "serving"',
		timeoutMs,
	);
	return {
		program,
		address: `127.0.0.1:${port}`,
		port: Number(port),
		adminPort: adminPort === undefined ? undefined : Number(adminPort),
	};
}

/** Starts `secureconnect dev` on a free port. Waits for its screen. */
export async function startDev(
	data: string,
	args: readonly string[] = [],
	options: SpawnOptions = {},
): Promise<DevProcess> {
	return devScreen(
		start(
			process.execPath,
			[SECURECONNECT, "dev", "--port", "0", "--data", data, ...args],
			options,
		),
	);
}

/** Waits for the whole screen of `dev`. Returns the lines that a user would paste. */
export async function devScreen(
	program: Program,
	timeoutMs?: number,
): Promise<DevProcess> {
	await program.untilPrinted(/Stop with Ctrl\+C/, timeoutMs);
	const [, port] = await program.untilPrinted(
		/is running: ws:\/\/[^/]*:(\d+)\//,
	);
	const [alice, bob] = Array.from(
		program.stdout.matchAll(/^ {2}(npx wscat -c "(\S+)")$/gm),
		([, command = "", url = ""]): DevUser => ({
			command,
			url,
			token: new URL(url).searchParams.get("access_token") ?? "",
		}),
	);
	if (!alice || !bob)
		throw new Error(`the screen has no line for two people: ${program.stdout}`);
	const conversationId = new URL(alice.url).searchParams.get("conversation_id");
	return {
		program,
		address: `127.0.0.1:${port}`,
		port: Number(port),
		adminPort: undefined,
		conversationId: conversationId ?? "",
		users: [alice, bob],
	};
}

export function chatUrl(
	{ address }: { readonly address: string },
	conversationId: string,
	query: Record<string, string> = {},
): string {
	return `ws://${address}/v1/ws/chat?${new URLSearchParams({ conversation_id: conversationId, ...query })}`;
}

/**
 * Connects a plain client of a user.
 * @param options.bearer token; by default one that is signed with the tests' secret
 */
export async function connect(
	server: { readonly address: string },
	conversationId: string,
	userId: string,
	options: { bearer?: string } & ConnectOptions = {},
): Promise<TestClient> {
	const { bearer = await token(userId), ...rest } = options;
	return TestClient.open(chatUrl(server, conversationId), {
		...rest,
		headers: { Authorization: `Bearer ${bearer}` },
	});
}

/** Sends a REST request with a bearer token. */
export async function rest(
	server: { readonly address: string },
	method: "GET" | "POST" | "PUT" | "PATCH",
	path: string,
	bearer: string,
	body?: unknown,
): Promise<{ status: number; body: unknown }> {
	const response = await fetch(`http://${server.address}${path}`, {
		method,
		headers: {
			Authorization: `Bearer ${bearer}`,
			"Content-Type": "application/json",
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	return { status: response.status, body: await response.json() };
}

export type HistoryEntry = { seq: number; message_id: string } & Record<
	string,
	unknown
>;

/** Reads every entry of a conversation page by page, oldest first. */
export async function history(
	server: { readonly address: string },
	conversationId: string,
	bearer: string,
): Promise<HistoryEntry[]> {
	const all: HistoryEntry[] = [];
	let after: number | null = 0;
	while (after !== null) {
		const path: string = `/v1/conversations/${conversationId}/messages?after_seq=${after}&limit=100`;
		const { status, body } = await rest(server, "GET", path, bearer);
		if (status !== 200)
			throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
		const page = body as { messages: HistoryEntry[]; next: number | null };
		all.push(...page.messages);
		after = page.next;
	}
	return all;
}

function parseLine(line: string): Record<string, unknown> {
	try {
		return JSON.parse(line) as Record<string, unknown>;
	} catch {
		return {};
	}
}
