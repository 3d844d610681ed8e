/**
 * Runs a server with many readers that all stop reading at once. `unshare --net` runs it in its own network namespace,
 * where it makes the kernel's buffers small. With the usual buffers, the kernel would hold gigabytes for a thousand
 * readers before the server noticed the first of them.
 *
 *   stalled-readers.ts SECURECONNECT DATA READERS SECONDS TOTAL_BYTES
 *
 * Prints one line of JSON.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { WebSocket } from "ws";
import { SECRET, token } from "../../../server/test/support/token.ts";

const [bin = "", data = "", ...numbers] = process.argv.slice(2);
const [readers = 0, seconds = 0, totalBytes = 0] = numbers.map(Number);
const PER_SECOND = 200;
const OTHERS = 20;
const CONTENT = "x".repeat(1000);

execFileSync("ip", ["link", "set", "lo", "up"]);
for (const name of ["tcp_wmem", "tcp_rmem"])
	writeFileSync(`/proc/sys/net/ipv4/${name}`, "4096 16384 65536");

const server = spawn(
	process.execPath,
	[
		bin,
		"serve",
		"--port=0",
		"--admin-port=0",
		"--conversations=open",
		`--data=${data}`,
		`--max-total-backlog-bytes=${totalBytes}`,
	],
	{
		env: { ...process.env, SECURECONNECT_JWT_SECRET: SECRET },
		stdio: ["ignore", "pipe", "inherit"],
	},
);
process.on("exit", () => server.kill("SIGKILL"));
const { port, adminPort } = await serving(server);
const conversation = randomUUID();

async function serving(
	child: ChildProcess,
): Promise<{ port: number; adminPort: number }> {
	if (!child.stdout) throw new Error("no output");
	for await (const line of createInterface({ input: child.stdout }))
		if (line.includes('"serving"'))
			return JSON.parse(line) as { port: number; adminPort: number };
	throw new Error("the server did not start");
}

/** Client that counts entries without parsing frames, because a thousand clients share this process. */
class Reader {
	readonly ws: WebSocket;
	last = 0;
	/** Number of entries that arrived out of order. */
	wrong = 0;
	closed: number | undefined;
	onOwn: ((data: Buffer) => void) | undefined;

	constructor(url: string) {
		this.ws = new WebSocket(url, { perMessageDeflate: false });
		this.ws.on("message", (data: Buffer) => {
			const at = data.lastIndexOf('"seq":');
			if (at < 0) return;
			const seq = Number.parseInt(data.toString("latin1", at + 6, at + 16), 10);
			if (seq !== this.last + 1) this.wrong++;
			this.last = seq;
			this.onOwn?.(data);
		});
		this.ws.on("close", (code) => {
			this.closed = code;
		});
	}
}

async function connect(): Promise<Reader> {
	const query = new URLSearchParams({
		conversation_id: conversation,
		access_token: await token(randomUUID()),
	});
	const reader = new Reader(`ws://127.0.0.1:${port}/v1/ws/chat?${query}`);
	await new Promise((resolve, reject) => {
		reader.ws.once("message", resolve);
		reader.ws.once("error", reject);
	});
	return reader;
}

async function metrics(): Promise<Map<string, number>> {
	const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
	return new Map(
		(await response.text())
			.split("\n")
			.map((line) => line.split(" "))
			.map(([name = "", value]) => [name, Number(value)]),
	);
}

const latencies: number[] = [];
const sent: number[] = [];
const talker = await connect();
talker.onOwn = () => {
	latencies.push(performance.now() - (sent[talker.last - 1] ?? Number.NaN));
};
const others = await Promise.all(Array.from({ length: OTHERS }, connect));
const slow: Reader[] = [];
while (slow.length < readers)
	slow.push(...(await Promise.all(Array.from({ length: 50 }, connect))));

interface Phase {
	/** Time from sending a message to the sender's own copy, 99th percentile, in milliseconds. */
	readonly p99: number;
	/** Maxima of the server's metrics. */
	readonly queued: number;
	readonly catchingUp: number;
	readonly residentMiB: number;
}

/** Sends messages for this many seconds or until `isDone`, and samples the server's metrics meanwhile. */
async function talk(
	forSeconds: number,
	isDone: () => boolean = () => false,
): Promise<Phase> {
	latencies.length = 0;
	const most = new Map<string, number>();
	let lookedAt = 0;
	const began = performance.now();
	let count = 0;
	while (performance.now() - began < forSeconds * 1000 && !isDone()) {
		const now = performance.now();
		for (; count < ((now - began) * PER_SECOND) / 1000; count++) {
			sent.push(now);
			talker.ws.send(JSON.stringify({ type: "chat", content: CONTENT }));
		}
		if (now - lookedAt > 250) {
			lookedAt = now;
			for (const [name, value] of await metrics())
				most.set(name, Math.max(most.get(name) ?? 0, value));
		}
		await new Promise((resolve) => setTimeout(resolve, 4));
	}
	const sorted = [...latencies].sort((a, b) => a - b);
	return {
		p99: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
		queued: most.get("secureconnect_queued_bytes") ?? 0,
		catchingUp: most.get("secureconnect_readers_catching_up") ?? 0,
		residentMiB: Math.round(
			(most.get("process_resident_memory_bytes") ?? 0) / 1024 / 1024,
		),
	};
}

for (const { ws } of slow) ws.pause();
const stalled = await talk(seconds);
for (const { ws } of slow) ws.resume();
const goal = sent.length;
const closed: number[] = [];
// A reader that has caught up needs no further frames, which would only keep this process busy.
const recovering = await talk(120, () => {
	for (const reader of slow) {
		if (reader.closed !== undefined && reader.last < goal)
			closed.push(reader.closed);
		if (reader.last >= goal) reader.ws.terminate();
	}
	return slow.every(({ last }) => last >= goal) || closed.length > 0;
});
// Measures the other clients alone at the end, when the server is warm.
const alone = await talk(Math.min(5, seconds / 6));
console.log(
	JSON.stringify({
		messages: sent.length,
		behind: slow.filter(({ last }) => last < goal).length,
		wrong: [talker, ...others, ...slow].reduce(
			(sum, { wrong }) => sum + wrong,
			0,
		),
		closed,
		stalled,
		recovering,
		alone,
	}),
);
process.exit(0);
