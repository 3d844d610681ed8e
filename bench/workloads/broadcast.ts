/** Measures rooms with senders: at a fixed rate, or as fast as messages come back. */
import type { LoadClient } from "../load/client.ts";
import { wordsOf } from "../load/frames.ts";
import { Histogram } from "../load/histogram.ts";
import {
	newUser,
	type PeerName,
	type Running,
	startPeer,
	type User,
} from "../peers.ts";

export interface BroadcastSpec {
	readonly rooms: number;
	/** Connections per room. */
	readonly size: number;
	/** Messages per second over all rooms. Saturated: senders per room and the messages that each keeps in flight. */
	readonly load:
		| { readonly perSecond: number }
		| { readonly senders: number; readonly window: number };
	/** Length of the content after the stamp, in bytes. */
	readonly words?: number;
	readonly deflate?: boolean;
	/** Number of messages to which the clients react. The load is then reactions. Undefined: the load is messages. */
	readonly reactedTo?: number;
	/** Whether every connection has a `device_id`. */
	readonly devices?: boolean;
	/**
	 * Whether there is one more connection that reads nothing. The kernel and the server already keep all that they take
	 * for it.
	 */
	readonly stalled?: boolean;
}

export interface Timing {
	readonly warmUpSeconds: number;
	readonly seconds: number;
}

/** Figures of one run of one server. NaN if a figure does not apply. */
export interface BroadcastResult {
	readonly deliveriesPerSecond: number;
	readonly deliveredShare: number;
	readonly cpuMicrosPerDelivery: number;
	readonly cpuMicrosPerMessage: number;
	readonly p50: number;
	readonly p95: number;
	readonly p99: number;
	readonly p999: number;
	readonly rssMiB: number;
	/** Size of the data that the server keeps for connections that do not read. */
	readonly queuedKiB: number;
	/** Share of its core that each process used. The process near 1 limits the figures. */
	readonly serverBusy: number;
	readonly loadBusy: number;
}

const WORDS = 47;
const LONG_WORDS = 60_000;
/** Number of messages that wait only in the log, because the kernel and the server keep no more. */
const FULL_LAG = 10;
const CONNECTING_AT_ONCE = 50;
/** Measure latencies on every seventh connection, which reaches every position in a room of ten. */
const WITNESS_STRIDE = 7;

export async function broadcast(
	peer: PeerName,
	spec: BroadcastSpec,
	timing: Timing,
): Promise<BroadcastResult> {
	const server = await startPeer(peer, {
		deflate: spec.deflate ?? false,
		devices: spec.devices ?? false,
		reactions: spec.reactedTo !== undefined,
	});
	const users = Array.from({ length: spec.rooms * spec.size }, newUser);
	const clients: LoadClient[] = [];
	let stalled: LoadClient | undefined;
	try {
		await connectAll(server, spec, users, clients);
		if (spec.stalled) stalled = await stall(server, clients);
		const frame = await frames(server, spec, users);
		return await measured(server, spec, timing, clients, frame);
	} finally {
		stalled?.socket.destroy();
		for (const client of clients) client.socket.destroy();
		await server.stop();
	}
}

async function connectAll(
	server: Running,
	spec: BroadcastSpec,
	users: readonly User[],
	clients: LoadClient[],
): Promise<void> {
	for (let from = 0; from < users.length; from += CONNECTING_AT_ONCE)
		clients.push(
			...(await Promise.all(
				users
					.slice(from, from + CONNECTING_AT_ONCE)
					.map((user, i) =>
						server.open(Math.floor((from + i) / spec.size), user),
					),
			)),
		);
}

/** Returns a function that builds a sender's next frame. Every reaction changes something. */
async function frames(
	{ say, react, post }: Running,
	{ reactedTo, words, size }: BroadcastSpec,
	[author]: readonly User[],
): Promise<(sender: number) => Buffer> {
	if (reactedTo === undefined || !author) {
		const text = wordsOf(words ?? WORDS);
		return (sender) => say(sender, text);
	}
	const ids = await post(0, author, reactedTo);
	let built = 0;
	return (sender) => {
		// The clients send in turn, so each has been through all messages after `size * reactedTo` reactions.
		const round = Math.floor(built / size);
		const targetId = ids[(built++ + round) % reactedTo] ?? "";
		const on = Math.floor(round / reactedTo) % 2 === 0;
		return react({ sender, targetId, on });
	};
}

/** Fills the buffers for the stalled reader before the measurement. The kernel alone takes megabytes. */
async function stall(
	server: Running,
	clients: readonly LoadClient[],
): Promise<LoadClient> {
	const stalled = await server.open(0, newUser());
	stalled.socket.pause();
	const [talker] = clients;
	const words = wordsOf(LONG_WORDS);
	const count = (): number =>
		clients.reduce((sum, { counted }) => sum + counted, 0);
	for (let said = 1; (await server.slowReaders()).lag < FULL_LAG; said++) {
		talker?.socket.write(server.say(0, words));
		await quiet(count, said * clients.length);
	}
	for (const client of clients) client.counted = 0;
	return stalled;
}

async function measured(
	{ process: server, slowReaders }: Running,
	spec: BroadcastSpec,
	{ warmUpSeconds, seconds }: Timing,
	clients: readonly LoadClient[],
	frame: (sender: number) => Buffer,
): Promise<BroadcastResult> {
	const latencies = new Histogram();
	for (const [i, client] of clients.entries())
		if (i % WITNESS_STRIDE === 0)
			client.onLatency = (micros) => latencies.record(micros);
	const count = (): number => {
		let sum = 0;
		for (const { counted } of clients) sum += counted;
		return sum;
	};
	const sent = { messages: 0 };
	const talk =
		"perSecond" in spec.load
			? paced(clients, spec.load.perSecond, frame, sent)
			: saturated(clients, spec, spec.load, frame, sent);

	await talk(warmUpSeconds);
	const isPaced = "perSecond" in spec.load;
	const expected = (): number => sent.messages * spec.size;
	if (isPaced) await quiet(count, expected());
	latencies.clear();
	const before = {
		cpu: server.cpuMicros(),
		deliveries: count(),
		load: process.cpuUsage(),
	};
	const began = performance.now();
	await talk(seconds);
	// In a paced workload, late deliveries count against the server.
	const ended = isPaced ? await quiet(count, expected()) : performance.now();
	const cpu = server.cpuMicros() - before.cpu;
	const deliveries = count() - before.deliveries;
	const load = process.cpuUsage(before.load);
	const micros = (ended - began) * 1000;
	const result = {
		deliveriesPerSecond: (deliveries / micros) * 1e6,
		cpuMicrosPerDelivery: cpu / deliveries,
		cpuMicrosPerMessage: (cpu / deliveries) * spec.size,
		p50: latencies.quantile(0.5),
		p95: latencies.quantile(0.95),
		p99: latencies.quantile(0.99),
		p999: latencies.quantile(0.999),
		rssMiB: server.rssKiB() / 1024,
		queuedKiB: (await slowReaders()).queuedBytes / 1024,
		serverBusy: cpu / micros,
		loadBusy: (load.user + load.system) / micros,
	};
	await talk(0);
	await quiet(count, expected());
	return { ...result, deliveredShare: count() / expected() };
}

type Talk = (seconds: number) => Promise<void>;

/** Sends at a fixed rate from all clients in turn, regardless of deliveries. */
function paced(
	clients: readonly LoadClient[],
	perSecond: number,
	frame: (sender: number) => Buffer,
	sent: { messages: number },
): Talk {
	// A step without a common factor with the number of clients reaches all of them, and every room early.
	let next = 0;
	const STEP = 7919;
	return async (seconds) => {
		const start = performance.now();
		for (let said = 0; performance.now() - start < seconds * 1000; ) {
			const due = ((performance.now() - start) / 1000) * perSecond;
			for (; said < due; said++) {
				next = (next + STEP) % clients.length;
				clients[next]?.socket.write(frame(next));
				sent.messages++;
			}
			await new Promise((resolve) => setTimeout(resolve, 1));
		}
	};
}

/** Sends from a few clients in each room. Each keeps some messages in flight and sends the next when one returns. */
function saturated(
	clients: readonly LoadClient[],
	{ rooms, size }: BroadcastSpec,
	{ senders, window }: { senders: number; window: number },
	frame: (sender: number) => Buffer,
	sent: { messages: number },
): Talk {
	let talking = false;
	const speak = (index: number, messages: number): void => {
		sent.messages += messages;
		clients[index]?.socket.write(
			Buffer.concat(Array.from({ length: messages }, () => frame(index))),
		);
	};
	const speakers: number[] = [];
	for (let room = 0; room < rooms; room++)
		for (let i = 0; i < senders; i++)
			speakers.push(room * size + Math.floor((i * size) / senders));
	for (const index of speakers) {
		const client = clients[index];
		if (!client) continue;
		client.sender = index;
		client.onOwn = (messages) => {
			if (talking) speak(index, messages);
		};
	}
	return async (seconds) => {
		if (seconds > 0 && !talking) {
			talking = true;
			for (const index of speakers) speak(index, window);
		}
		if (seconds === 0) talking = false;
		await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
	};
}

const GIVE_UP_MS = 5000;

/** Waits until everything has arrived or nothing arrives for long. Resolves with the time of the last arrival. */
async function quiet(count: () => number, expected: number): Promise<number> {
	let last = -1;
	let lastAt = performance.now();
	for (;;) {
		const now = count();
		if (now !== last) {
			last = now;
			lastAt = performance.now();
		}
		if (now >= expected || performance.now() - lastAt > GIVE_UP_MS)
			return lastAt;
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}
