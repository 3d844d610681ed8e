/** Program of the healthy pair: `node pair.ts PORT`. Two users chat in their own conversation. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "ws";
import { answering } from "./child.ts";
import { RestConnection, requestText } from "./load/rest.ts";
import { createToken } from "./load/token.ts";

export interface PairQuestion {
	/** Duration of sending. */
	readonly ms: number;
}

export interface PairAnswer {
	readonly sent: number;
	/** Number of messages that the sender or the reader did not receive. */
	readonly lost: number;
	/** Number of messages that either received out of order or twice. */
	readonly disordered: number;
	/** Milliseconds from the sender's `send` to the reader, for each message. */
	readonly latencies: readonly number[];
	/** Longest delay of this process's own timer in milliseconds, which the machine causes. */
	readonly ownDelayMs: number;
}

const INTERVAL_MS = 50;
/** Time that the pair waits after its last message, so that a late message does not count as lost. */
const PATIENCE_MS = 90_000;

/** One user of the pair: the connection and the received messages. */
class Seat {
	/** Number of the newest message. */
	newest = -1;
	got = 0;
	disordered = 0;
	isClosed = false;
	onLatency: ((ms: number) => void) | undefined;
	readonly socket: WebSocket;

	constructor(port: number, conversationId: string, userId: string) {
		const token = createToken(userId);
		this.socket = new WebSocket(
			`ws://127.0.0.1:${port}/v1/ws/chat?conversation_id=${conversationId}`,
			["secureconnect.v1", `bearer.${token}`],
		);
		this.socket.on("error", () => {});
		this.socket.on("close", () => {
			this.isClosed = true;
		});
		this.socket.on("message", (data) => this.#take(String(data)));
	}

	open(): Promise<void> {
		return new Promise((resolve, reject) => {
			this.socket.once("open", resolve);
			this.socket.once("close", () => reject(new Error("closed")));
		});
	}

	#take(text: string): void {
		const now = performance.now();
		const frame = JSON.parse(text) as { type: string; content?: string };
		if (frame.type !== "chat") return;
		const [number = 0, sentAt = 0] = String(frame.content)
			.split(" ")
			.map(Number);
		if (number !== this.newest + 1) this.disordered++;
		this.newest = number;
		this.got++;
		this.onLatency?.(now - sentAt);
	}
}

const port = Number(process.argv[2]);
const [alice, bob] = [randomUUID(), randomUUID()];
let seats: readonly [Seat, Seat] | undefined;
let sent = 0;

async function connect(): Promise<readonly [Seat, Seat]> {
	const conversationId = randomUUID();
	const connection = new RestConnection(port);
	const { status, body } = await connection.send(
		requestText(
			{
				method: "POST",
				path: "/v1/conversations",
				body: JSON.stringify({
					conversation_id: conversationId,
					participant_ids: [bob],
				}),
			},
			createToken(alice),
		),
	);
	connection.socket.destroy();
	if (status !== 201) throw new Error(`create: ${status} ${body}`);
	const both = [alice, bob].map((user) => new Seat(port, conversationId, user));
	await Promise.all(both.map((seat) => seat.open()));
	return both as [Seat, Seat];
}

answering<PairQuestion, PairAnswer>(async ({ ms }) => {
	seats ??= await connect();
	const [sender, reader] = seats;
	const latencies: number[] = [];
	reader.onLatency = (latency) => latencies.push(latency);
	const before = {
		sent,
		disordered: sender.disordered + reader.disordered,
	};
	let ownDelayMs = 0;
	const began = performance.now();
	for (let at = 0; at < ms; at += INTERVAL_MS) {
		const due = began + at;
		await sleep(Math.max(0, due - performance.now()));
		ownDelayMs = Math.max(ownDelayMs, performance.now() - due);
		if (sender.isClosed) break;
		sender.socket.send(
			JSON.stringify({
				type: "chat",
				content: `${sent++} ${performance.now()}`,
			}),
		);
	}
	const isDone = (): boolean =>
		[sender, reader].every((seat) => seat.got >= sent || seat.isClosed);
	const giveUp = performance.now() + PATIENCE_MS;
	while (!isDone() && performance.now() < giveUp) await sleep(INTERVAL_MS);
	return {
		sent: sent - before.sent,
		lost: Math.max(sent - sender.got, sent - reader.got),
		disordered: sender.disordered + reader.disordered - before.disordered,
		latencies,
		ownDelayMs,
	};
});
