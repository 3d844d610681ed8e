/** The servers that are compared, each with how to start it, how to reach a room, and how to say something there. */
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
	textFrame,
} from "./load/frames.ts";
import { type ServerProcess, startPinned } from "./process.ts";

export type PeerName =
	| "secureconnect"
	/** Ours as the deployment guide's unit runs it. */
	| "as deployed"
	| "floor"
	| "ws"
	| "bun"
	| "socket.io";

export interface Running {
	readonly process: ServerProcess;
	/** Opens a connection of a user of its own to a room, by the room's number. */
	open(room: number, user: User): Promise<LoadClient>;
	/** Has a room made beforehand, where that is a thing to do. */
	prepare(room: number): Promise<void>;
	/**
	 * Bytes kept for readers that are slow to take them, and by how many entries the last of these is behind; ours alone.
	 */
	slowReaders(): Promise<{
		readonly queuedBytes: number;
		readonly lag: number;
	}>;
	/** A client's frame that says something to its room. */
	say(sender: number, words: string): Buffer;
	stop(): Promise<void>;
}

export interface User {
	readonly id: string;
	readonly token: string;
}

export interface StartOptions {
	/** Offers permessage-deflate, and has the peer take it where that is a choice. */
	readonly deflate?: boolean;
	/** Ours: every connection is of a device, whose cursor follows it. */
	readonly devices?: boolean;
	/** Ours: rooms are made over REST for these users first, and only they are let in. */
	readonly members?: (room: number) => readonly User[];
	/** Ours: a data directory that is there already; removed at the end. */
	readonly directory?: string;
}

const SECRET = "a secret for the benchmark, 32 bytes";
const ROOT = join(import.meta.dirname, "..");
const BIN = join(ROOT, "packages/cli/bin/secureconnect.js");
const BUN = join(import.meta.dirname, "node_modules/.bin/bun");
const DEFLATE_OFFER =
	"Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n";

/** A token as an application signs one. */
export function newUser(): User {
	const id = randomUUID();
	const part = (value: unknown): string =>
		Buffer.from(JSON.stringify(value)).toString("base64url");
	const signed = `${part({ alg: "HS256" })}.${part({ sub: id, exp: Math.floor(Date.now() / 1000) + 36_000 })}`;
	const signature = createHmac("sha256", SECRET).update(signed);
	return { id, token: `${signed}.${signature.digest("base64url")}` };
}

/** Whether the peers' packages are here: `npm ci --prefix bench`. */
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
				...clientOptions(process.port),
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
		async stop() {
			await process.stop();
			rmSync(directory, { recursive: true, force: true });
		},
	};
}

/** `BENCH_PROFILE=directory`: V8's CPU profiles of our server, main thread and writer. */
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
	const answer = await fetch(`http://127.0.0.1:${port}/v1/conversations`, {
		method: "POST",
		headers: {
			Authorization: `Bearer ${owner?.token}`,
			"Content-Type": "application/json",
		},
		body: JSON.stringify({
			conversation_id: id,
			participant_ids: others.map((user) => user.id),
		}),
	});
	if (answer.status !== 201)
		throw new Error(
			`a room was not made: ${answer.status} ${await answer.text()}`,
		);
	await answer.arrayBuffer();
	return id;
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
	return {
		process,
		open: (room) =>
			LoadClient.open({
				...clientOptions(process.port),
				path: socketIo
					? `/socket.io/?EIO=4&transport=websocket&room=${room}`
					: `/?room=${room}`,
				headers: options.deflate ? DEFLATE_OFFER : "",
				socketIo,
				...(socketIo
					? {
							shift: before.length,
							contentOffset: before.length + CONTENT_OFFSET,
						}
					: {}),
			}),
		prepare: () => Promise.resolve(),
		slowReaders: () =>
			Promise.resolve({ queuedBytes: Number.NaN, lag: Number.NaN }),
		say: (sender, words) => {
			const frame = chatFrame(contentOf(sender, words));
			return textFrame(
				socketIo ? `${before}${frame}]` : frame,
				name !== "floor",
			);
		},
		stop: () => process.stop(),
	};
}

function clientOptions(port: number): ClientOptions {
	return {
		port,
		path: "/",
		contentOffset: CONTENT_OFFSET,
		shift: 0,
		socketIo: false,
	};
}
