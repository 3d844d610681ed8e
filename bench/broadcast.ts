/**
 * One room of 1,000 and 200 messages a second: our server with every message on disk before it is sent, and a bare `ws`
 * broadcast that stores nothing, one after the other in the same run, each on a core of its own.
 *
 *   npm run bench            five interleaved runs of ten seconds each
 *   npm run bench -- quick   one run of five seconds
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SignJWT } from "jose";
import { RawClient } from "./raw-client.ts";

const ROOM = 1000;
const PER_SECOND = 200;
const SECRET = "a secret for the benchmark, 32 bytes";
const quick = process.argv.includes("quick");
const RUNS = quick ? 1 : 5;
const SECONDS = quick ? 5 : 10;
const WARM_UP_SECONDS = 2;

interface Peer {
	readonly name: string;
	start(directory: string): ChildProcess;
}

const node = process.execPath;
const root = join(import.meta.dirname, "..");
const peers: readonly Peer[] = [
	{
		name: "secureconnect",
		start: (directory) =>
			pinned(
				[
					join(root, "packages/cli/bin/secureconnect.js"),
					"serve",
					"--port=0",
					"--conversations=open",
					`--data=${directory}`,
				],
				{ SECURECONNECT_JWT_SECRET: SECRET },
			),
	},
	{
		name: "bare ws",
		start: () => pinned([join(import.meta.dirname, "peer-ws.ts")], {}),
	},
];

interface Result {
	readonly deliveriesPerSecond: number;
	readonly deliveredShare: number;
	readonly cpuMicrosPerDelivery: number;
	readonly p50: number;
	readonly p99: number;
	readonly rssMiB: number;
}

function pinned(args: string[], env: Record<string, string>): ChildProcess {
	return spawn("taskset", ["-c", "0", node, ...args], {
		env: { ...process.env, ...env },
		stdio: ["ignore", "pipe", "inherit"],
	});
}

async function portOf(child: ChildProcess): Promise<number> {
	for await (const chunk of child.stdout ?? []) {
		const found =
			/"port":(\d+)/.exec(String(chunk)) ?? /^(\d+)$/m.exec(String(chunk));
		if (found) return Number(found[1]);
	}
	throw new Error("the server did not start");
}

/** User and system time of every thread of a process, in microseconds (proc(5): fields 14 and 15, ticks of 10 ms). */
function cpuMicros(pid: number): number {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
		.split(") ")[1]
		?.split(" ");
	return (Number(fields?.[11]) + Number(fields?.[12])) * 10_000;
}

function rssMiB(pid: number): number {
	const status = readFileSync(`/proc/${pid}/status`, "utf8");
	return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function measure(peer: Peer): Promise<Result> {
	const directory = mkdtempSync(join(tmpdir(), "secureconnect-bench-"));
	const child = peer.start(directory);
	try {
		const port = await portOf(child);
		const pid = Number(child.pid);
		const path = `/v1/ws/chat?conversation_id=${randomUUID()}`;
		const clients: RawClient[] = [];
		for (let i = 0; i < ROOM; i++)
			clients.push(await RawClient.open(port, path, await token()));
		const [sender, witness] = clients;
		if (!sender || !witness) throw new Error("nobody connected");

		const latencies: number[] = [];
		let measuring = false;
		witness.onChat = (payload) => {
			const sentAt = /@(\d+)@/.exec(payload.toString("latin1"))?.[1];
			if (measuring && sentAt)
				latencies.push(
					Number(process.hrtime.bigint()) / 1e6 - Number(sentAt) / 1e3,
				);
		};
		const send = (): void =>
			sender.send(
				`{"type":"chat","content":"@${Math.round(Number(process.hrtime.bigint()) / 1e3)}@ hello there, this is a message of ordinary length"}`,
			);
		const count = (): number =>
			clients.reduce((sum, client) => sum + client.chats, 0);

		await paced(send, WARM_UP_SECONDS);
		await quiet(count);
		measuring = true;
		const before = { cpu: cpuMicros(pid), chats: count() };
		const began = performance.now();
		const sent = await paced(send, SECONDS);
		// A server that fell behind is charged for what it has still to deliver.
		const ended = await quiet(count);
		const cpu = cpuMicros(pid) - before.cpu;
		const deliveries = count() - before.chats;
		latencies.sort((a, b) => a - b);
		const result = {
			deliveriesPerSecond: (deliveries * 1000) / (ended - began),
			deliveredShare: deliveries / (sent * ROOM),
			cpuMicrosPerDelivery: cpu / deliveries,
			p50: quantile(latencies, 0.5),
			p99: quantile(latencies, 0.99),
			rssMiB: rssMiB(pid),
		};
		for (const client of clients) client.socket.destroy();
		return result;
	} finally {
		child.kill("SIGKILL");
		rmSync(directory, { recursive: true, force: true });
	}
}

async function paced(send: () => void, seconds: number): Promise<number> {
	const start = performance.now();
	let sent = 0;
	while (performance.now() - start < seconds * 1000) {
		const due = ((performance.now() - start) / 1000) * PER_SECOND;
		for (; sent < due; sent++) send();
		await new Promise((resolve) => setTimeout(resolve, 2));
	}
	return sent;
}

/** Waits until nothing more arrives; when the last of it did. */
async function quiet(count: () => number): Promise<number> {
	let last = -1;
	let lastAt = performance.now();
	for (;;) {
		const now = count();
		if (now === last) return lastAt;
		last = now;
		lastAt = performance.now();
		await new Promise((resolve) => setTimeout(resolve, 300));
	}
}

function token(): Promise<string> {
	return new SignJWT({ sub: randomUUID() })
		.setProtectedHeader({ alg: "HS256" })
		.setExpirationTime("1h")
		.sign(new TextEncoder().encode(SECRET));
}

function quantile(sorted: readonly number[], share: number): number {
	return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
}

function median(values: readonly number[]): number {
	return quantile(
		[...values].sort((a, b) => a - b),
		0.5,
	);
}

// The load has the other core to itself.
execFileSync("taskset", ["--cpu-list", "--pid", "1", String(process.pid)], {
	stdio: "ignore",
});
const results = new Map<string, Result[]>(peers.map(({ name }) => [name, []]));
for (let run = 1; run <= RUNS; run++)
	for (const peer of peers) {
		const result = await measure(peer);
		results.get(peer.name)?.push(result);
		console.log(`run ${run} ${peer.name}: ${JSON.stringify(result)}`);
	}

const columns: [string, keyof Result, number][] = [
	["deliveries/s", "deliveriesPerSecond", 0],
	["delivered", "deliveredShare", 4],
	["CPU us/delivery", "cpuMicrosPerDelivery", 2],
	["p50 ms", "p50", 2],
	["p99 ms", "p99", 2],
	["RSS MiB", "rssMiB", 0],
];
console.log(
	`\nOne room of ${ROOM}, ${PER_SECOND} messages/s, median of ${RUNS} (lowest to highest)\n`,
);
for (const [name, runs] of results)
	for (const [title, key, digits] of columns) {
		const values = runs.map((run) => run[key]);
		const [low, high] = [Math.min(...values), Math.max(...values)];
		console.log(
			`${name.padEnd(14)} ${title.padEnd(16)} ${median(values).toFixed(digits).padStart(10)}  (${low.toFixed(digits)} to ${high.toFixed(digits)})`,
		);
	}
