/** Compared servers: how to start each, how to connect to a room, and how to send a message there. */
import { createHmac, randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClientOptions, LoadClient } from "./load/client.ts";
import {
	CONTENT_OFFSET,
	chatFrame,
	chatInput,
	contentOf,
	REACTION_STAMP_FROM_END,
	type Reaction,
	reactionFrame,
	reactionInput,
	textFrame,
} from "./load/frames.ts";
import { type ServerProcess, startPinned } from "./process.ts";

export type PeerName =
	| "secureconnect"
	/** This server with the settings of the deployment guide's unit. */
	| "as deployed"
	| "floor"
	| "ws"
	| "bun"
	| "socket.io";

export interface Running {
	readonly process: ServerProcess;
	/** Opens a connection of a new user to a room, given by its number. */
	open(room: number, user: User): Promise<LoadClient>;
	/** Creates a room in advance, if the server requires that. */
	prepare(room: number): Promise<void>;
	/**
	 * Returns the bytes kept for slow readers, and how many entries the slowest is behind. Only for this server.
	 */
	slowReaders(): Promise<{
		readonly queuedBytes: number;
		readonly lag: number;
	}>;
	/** Builds a client's frame that sends a message to its room. */
	say(sender: number, words: string): Buffer;
	/** Builds a client's frame that adds a reaction or takes it back. */
	react(reaction: Reaction): Buffer;
	/** Stores messages in a room, if the server stores any. Returns their ids. */
	post(room: number, author: User, count: number): Promise<readonly string[]>;
	stop(): Promise<void>;
}

export interface User {
	readonly id: string;
	readonly token: string;
}

export interface StartOptions {
	/** Whether clients offer permessage-deflate and the peer accepts it. */
	readonly deflate?: boolean;
	/** Whether clients count and measure reactions instead of messages. */
	readonly reactions?: boolean;
	/** Only this server: every connection has a `device_id`, and the server keeps its cursor. */
	readonly devices?: boolean;
	/** Only this server: creates rooms over REST for these users and admits no others. */
	readonly members?: (room: number) => readonly User[];
	/** Only this server: an existing data directory, removed at the end. */
	readonly directory?: string;
}

const SECRET = "a secret for the benchmark, 32 bytes";
const ROOT = join(import.meta.dirname, "..");
const BIN = join(ROOT, "packages/cli/bin/secureconnect.js");
const BUN = join(import.meta.dirname, "node_modules/.bin/bun");
const DEFLATE_OFFER =
	"Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n";

/** Signs a token as an application does. */
export function newUser(): User {
	const id = randomUUID();
	const part = (value: unknown): string =>
		Buffer.from(JSON.stringify(value)).toString("base64url");
	const signed = `${part({ alg: "HS256" })}.${part({ sub: id, exp: Math.floor(Date.now() / 1000) + 36_000 })}`;
	const signature = createHmac("sha256", SECRET).update(signed);
	return { id, token: `${signed}.${signature.digest("base64url")}` };
}

/** Tells whether the peers' packages are installed (`npm ci --prefix bench`). */
export function peersInstalled(): boolean {
	return existsSync(BUN);
}

export async function startPeer(
	name: PeerName,
	options: StartOptions = {},
): Promise<Running> {
	switch (name) {
		case "secureconnect":
			return startOurs(options, []);
		case "as deployed":
			return startOurs(options, ["--max-semi-space-size=16"]);
		default:
			return startOther(name, options);
	}
}

async function startOurs(
	options: StartOptions,
	nodeOptions: readonly string[],
): Promise<Running> {
	const directory =
		options.directory ?? mkdtempSync(join(tmpdir(), "secureconnect-bench-"));
	const policy = options.members ? "members" : "open";
	const process = await startPinned(
		[
			globalThis.process.execPath,
			...nodeOptions,
			BIN,
			"serve",
			"--port=0",
			"--limits=off",
			"--max-connections=20000",
			"--admin-port=0",
			`--conversations=${policy}`,
			`--data=${directory}`,
		],
		{ SECURECONNECT_JWT_SECRET: SECRET, ...profiling() },
	);
	const rooms = new Map<number, Promise<string>>();
	const roomOf = (room: number): Promise<string> => {
		const known = rooms.get(room);
		if (known) return known;
		const made = options.members
			? createRoom(process.port, options.members(room))
			: Promise.resolve(randomUUID());
		rooms.set(room, made);
		return made;
	};
	return {
		process,
		open: async (room, user) =>
			LoadClient.open({
				...clientOptions(process.port, options),
				path: `/v1/ws/chat?conversation_id=${await roomOf(room)}${options.devices ? `&device_id=${randomUUID()}` : ""}`,
				headers: `Authorization: Bearer ${user.token}\r\n${options.deflate ? DEFLATE_OFFER : ""}`,
			}),
		async prepare(room) {
			await roomOf(room);
		},
		slowReaders: async () => {
			const answer = await fetch(
				`http://127.0.0.1:${process.adminPort}/metrics`,
			);
			const text = await answer.text();
			const metric = (name: string): number =>
				Number(
					new RegExp(`^secureconnect_${name} (\\d+)`, "m").exec(text)?.[1],
				);
			return {
				queuedBytes: metric("queued_bytes"),
				lag: metric("readers_lag_entries"),
			};
		},
		say: (sender, words) => textFrame(chatInput(contentOf(sender, words))),
		react: (reaction) => textFrame(reactionInput(reaction)),
		post: async (room, author, count) => {
			const path = `/v1/conversations/${await roomOf(room)}/messages`;
			const ids: string[] = [];
			for (let i = 0; i < count; i++) {
				const answer = await post(process.port, path, author, {
					content: "hello",
				});
				ids.push((answer as { message_id: string }).message_id);
			}
			return ids;
		},
		async stop() {
			await process.stop();
			rmSync(directory, { recursive: true, force: true });
		},
	};
}

/** Options for V8's CPU profiles of this server, main thread and writer, with `BENCH_PROFILE=directory`. */
function profiling(): Record<string, string> {
	const directory = process.env.BENCH_PROFILE;
	return directory
		? { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${directory}` }
		: {};
}

async function createRoom(
	port: number,
	[owner, ...others]: readonly User[],
): Promise<string> {
	const id = randomUUID();
	await post(port, "/v1/conversations", owner, {
		conversation_id: id,
		participant_ids: others.map((user) => user.id),
	});
	return id;
}

/** Sends a request to this server. @throws {Error} unless the answer is 201 */
async function post(
	port: number,
	path: string,
	user: User | undefined,
	body: unknown,
): Promise<unknown> {
	const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
		method: "POST",
		headers: {
			Authorization: `Bearer ${user?.token}`,
			"Content-Type": "application/json",
		},
		body: JSON.stringify(body),
	});
	if (answer.status !== 201)
		throw new Error(
			`the server refused POST ${path}: ${answer.status} ${await answer.text()}`,
		);
	return answer.json();
}

async function startOther(
	name: Exclude<PeerName, "secureconnect" | "as deployed">,
	options: StartOptions,
): Promise<Running> {
	const script = join(import.meta.dirname, "peers", `${name}.js`);
	const process = await startPinned([
		name === "bun" ? BUN : globalThis.process.execPath,
		script,
		...(options.deflate ? ["deflate"] : []),
	]);
	const socketIo = name === "socket.io";
	const before = '42["chat",';
	const wrapped = (frame: string): Buffer =>
		textFrame(socketIo ? `${before}${frame}]` : frame, name !== "floor");
	const plain = clientOptions(process.port, options);
	return {
		process,
		open: (room) =>
			LoadClient.open({
				...plain,
				path: socketIo
					? `/socket.io/?EIO=4&transport=websocket&room=${room}`
					: `/?room=${room}`,
				headers: options.deflate ? DEFLATE_OFFER : "",
				socketIo,
				...(socketIo
					? {
							shift: before.length,
							stampOffset:
								plain.stampOffset +
								(plain.stampOffset < 0 ? -"]".length : before.length),
						}
					: {}),
			}),
		prepare: () => Promise.resolve(),
		slowReaders: () =>
			Promise.resolve({ queuedBytes: Number.NaN, lag: Number.NaN }),
		say: (sender, words) => wrapped(chatFrame(contentOf(sender, words))),
		react: (reaction) => wrapped(reactionFrame(reaction)),
		post: async (_room, _author, count) =>
			Array.from({ length: count }, () => randomUUID()),
		stop: () => process.stop(),
	};
}

function clientOptions(
	port: number,
	{ reactions }: StartOptions,
): ClientOptions {
	return {
		port,
		path: "/",
		counted: reactions ? "reaction" : "chat",
		stampOffset: reactions ? -REACTION_STAMP_FROM_END : CONTENT_OFFSET,
		shift: 0,
		socketIo: false,
	};
}
