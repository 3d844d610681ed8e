import { randomUUID } from "node:crypto";
import { type Conversation, createClient } from "@secureconnect/client";
import { describe, expect, onTestFinished, test } from "vitest";
import {
	type ServerProcess,
	startServe,
} from "../../cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { FaultyProxy } from "./support/faulty-proxy.ts";
import { spread } from "./support/herd.ts";
import { LONG, record } from "./support/record.ts";

const HERD = 1000;
/** Users per conversation. With a thousand in one conversation, presence frames would dominate. */
const PER_CONVERSATION = 10;

/** A client of a herd, with the times of its events. */
interface Sheep {
	readonly conversation: Conversation;
	/** Milliseconds on the clock of `performance.now()`. */
	lostAt: number;
	/** Ordered wait and actual wait. */
	delayMs: number;
	ordered: boolean;
	waitedMs: number;
	backAt: number;
}

function serve(data: string): Promise<ServerProcess> {
	return startServe(data, ["--conversations", "open"]);
}

/** Connects clients through a proxy that stays. */
async function herdOf(count: number, proxy: FaultyProxy): Promise<Sheep[]> {
	const ids = Array.from({ length: count / PER_CONVERSATION }, () =>
		randomUUID(),
	);
	const herd = await Promise.all(
		Array.from({ length: count }, async (_, i) => {
			const bearer = await token(randomUUID());
			const client = createClient({
				url: `http://${proxy.address}`,
				token: () => bearer,
			});
			onTestFinished(() => client.close());
			const conversation = client.conversation(ids[i % ids.length] ?? "");
			await new Promise<void>((resolve) => {
				const off = conversation.on("ready", () => {
					off();
					resolve();
				});
			});
			return {
				conversation,
				lostAt: 0,
				delayMs: 0,
				ordered: false,
				waitedMs: 0,
				backAt: 0,
			};
		}),
	);
	return herd;
}

/** Resolves when all clients have lost their connection and returned. */
function allBack(herd: readonly Sheep[]): Promise<void> {
	return Promise.all(
		herd.map(
			(sheep) =>
				new Promise<void>((resolve, reject) => {
					const off = sheep.conversation.on("state", (state) => {
						const now = performance.now();
						if (state.name === "waiting" && sheep.lostAt === 0) {
							sheep.lostAt = now;
							sheep.delayMs = state.delayMs;
							sheep.ordered = state.ordered;
						} else if (sheep.waitedMs === 0 && state.name === "authorising")
							sheep.waitedMs = now - sheep.lostAt;
						if (state.name === "failed" || state.name === "given_up")
							reject(new Error(JSON.stringify(state)));
						if (state.name !== "open") return;
						sheep.backAt = now;
						off();
						resolve();
					});
				}),
		),
	).then(() => {});
}

/** An address that stays while servers are replaced. */
async function place(): Promise<{
	data: string;
	proxy: FaultyProxy;
	at: { port: number };
	server: ServerProcess;
}> {
	const data = temporaryDirectory();
	const server = await serve(data);
	const at = { port: server.port };
	return { data, proxy: await FaultyProxy.start(at), at, server };
}

test("each client waits a drain's retry_ms: at least nine tenths of it, and longer only as far as the process is busy", async () => {
	const { data, proxy, at, server } = await place();
	const herd = await herdOf(LONG ? HERD : 40, proxy);
	const back = allBack(herd);
	server.program.kill("SIGTERM");
	await server.program.exited;
	at.port = (await serve(data)).port;
	await back;
	const delays = herd.map(({ delayMs }) => delayMs);
	// Each client received its own time from the server (CL-2).
	expect(herd.every(({ ordered }) => ordered)).toBe(true);
	expect(new Set(delays).size).toBe(herd.length);
	const late = herd.map(({ delayMs, waitedMs }) => waitedMs - delayMs);
	// Node sets timers by the time at which the turn began, and a turn that closes a whole herd is long.
	for (const { delayMs, waitedMs } of herd)
		expect(waitedMs).toBeGreaterThan(0.9 * delayMs);
	const within = herd.filter(
		({ delayMs, waitedMs }) => waitedMs <= delayMs * 1.1,
	).length;
	record("A drain", [
		`The server told ${herd.length} clients to reconnect after ${Math.min(...delays)} to ${Math.max(...delays)} ms. ${within} reconnected at most a tenth later, the last ${Math.round(Math.max(...late))} ms late.`,
		"The delay is that of the test's process, which all clients share.",
	]);
	// One process on a busy machine runs all clients; the timers' own error is less than a millisecond.
	expect(Math.max(...late)).toBeLessThan(3000);
});

describe.runIf(LONG)("1,000 clients dropped at once", () => {
	test.for<[name: string, awayMs: number | undefined]>([
		["connections reset, the server up", undefined],
		["kill -9, and back at once", 0],
		["kill -9, and back after 3 s", 3000],
		["kill -9, and back after 10 s", 10_000],
		["drain and restart", Number.NaN],
	])("%s", async ([name, awayMs]) => {
		const { data, proxy, at, server } = await place();
		const herd = await herdOf(HERD, proxy);
		const back = allBack(herd);
		const dropped = performance.now();
		if (awayMs === undefined) proxy.cut("reset");
		else {
			if (Number.isNaN(awayMs)) {
				server.program.kill("SIGTERM");
				await server.program.exited;
			} else await server.program.killHard();
			await new Promise((resolve) => setTimeout(resolve, awayMs || 0));
			at.port = (await serve(data)).port;
		}
		const servedAt = performance.now() - dropped;
		await back;
		const { first, last, sliceMs, slices, worst } = spread(
			herd.map(({ backAt }) => backAt - dropped),
		);
		record(`1,000 clients: ${name}`, [
			`The server accepted connections again after ${(servedAt / 1000).toFixed(1)} s. The first client was connected after ${(first / 1000).toFixed(1)} s, the last after ${(last / 1000).toFixed(1)} s.`,
			`Clients that connected in each interval of ${Math.round(sliceMs)} ms: ${slices.join(" ")}.`,
			"An interval is a second, or a tenth of the time between the first and the last client if that is shorter than 10 s.",
			`The fullest interval has ${worst.toFixed(2)} times the clients that it would have if all intervals had the same number.`,
		]);
		expect(slices.reduce((sum, count) => sum + count, 0)).toBe(HERD);
	});
});
