/** Readers that read little, or nothing for a while, while the conversation continues. */
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { entries, expectEntries } from "../../server/test/support/chat.ts";
import type { TestClient } from "../../server/test/support/client.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { SECURECONNECT, start } from "./support/program.ts";
import { connect, startServe } from "./support/server-process.ts";
import { slowLink } from "./support/slow-link.ts";

const LONG = process.env.TEST_LONG === "1";
const BOUND = 256 * 1024;
const PAGE = BOUND / 2;

/** Returns the value of a metric of a server, without labels. */
async function metric(adminPort: number, name: string): Promise<number> {
	const response = await fetch(`http://127.0.0.1:${adminPort}/metrics`);
	const line = (await response.text())
		.split("\n")
		.find((text) => text.startsWith(`${name} `));
	return Number(line?.split(" ")[1]);
}

/** Sends messages at a given rate per second until it is stopped. */
function talk(
	client: TestClient,
	perSecond: number,
	content: string,
): () => number {
	let said = 0;
	const began = performance.now();
	const timer = setInterval(() => {
		const due = ((performance.now() - began) * perSecond) / 1000;
		while (said < due) {
			client.send({ type: "chat", content });
			said++;
		}
	}, 10);
	const stop = (): number => {
		clearInterval(timer);
		return said;
	};
	onTestFinished(() => void stop());
	return stop;
}

test("[SL-1] [SL-3] [HB-5] a reader of 3 KiB/s in a busy conversation stays, costs bounded memory, and receives everything", async () => {
	// The short run lasts for three pong time-outs. Its heartbeat would close a silent reader within seconds, and its
	// messages fill the kernel's buffers at once.
	const [forMs, perSecond, bytes, heartbeat] = LONG
		? [300_000, 200, 300, []]
		: [
				6000,
				80,
				16_000,
				["--ping-interval-ms", "1000", "--pong-timeout-ms", "2000"],
			];
	const server = await startServe(temporaryDirectory(), [
		"--conversations",
		"open",
		"--admin-port",
		"0",
		...heartbeat,
	]);
	const admin = server.adminPort ?? 0;
	const network = await slowLink(server, {
		down: 3 * 1024,
		up: 1024 * 1024,
	});
	const conversation = randomUUID();
	const talker = await connect(server, conversation, randomUUID());
	const slow = await connect(network, conversation, randomUUID());
	await slow.next("user_joined");
	const before = await metric(admin, "process_resident_memory_bytes");
	const stop = talk(talker, perSecond, "x".repeat(bytes));
	const most = { queued: 0, lag: 0, resident: 0 };
	const until = performance.now() + forMs;
	while (performance.now() < until || most.lag === 0 || most.queued === 0) {
		expect(slow.ws.readyState).toBe(slow.ws.OPEN);
		const [queued, lag, resident] = await Promise.all([
			metric(admin, "secureconnect_queued_bytes"),
			metric(admin, "secureconnect_readers_lag_entries"),
			metric(admin, "process_resident_memory_bytes"),
		]);
		most.queued = Math.max(most.queued, queued);
		most.lag = Math.max(most.lag, lag);
		most.resident = Math.max(most.resident, resident);
		// Four samples per second are enough.
		await new Promise((resolve) => setTimeout(resolve, 250));
	}
	const said = stop();
	await talker.until(
		() => entries(talker).length === said,
		"all that was said",
	);
	console.log(
		`${said} messages; the slow reader has ${entries(slow).length}; at most queued ${most.queued}, lag ${most.lag}, memory grown by ${Math.round((most.resident - before) / 1024 / 1024)} MiB`,
	);
	expect(most.lag).toBeGreaterThan(0);
	expect(most.queued).toBeGreaterThan(0);
	// Of both connections: on a busy machine the talker, too, reads late. Without a bound it would be megabytes.
	expect(most.queued).toBeLessThanOrEqual(2 * (BOUND + PAGE + bytes));
	expect(await metric(admin, "secureconnect_readers_catching_up")).toBe(1);
	network.open();
	await expect
		.poll(() => slow.frames.at(-1)?.seq, { timeout: 120_000 })
		.toBe(said);
	await expectEntries(slow, 1, said);
	expect(slow.of("chat").map(({ message_id }) => message_id)).toEqual(
		talker.of("chat").map(({ message_id }) => message_id),
	);
	await expect
		.poll(() => metric(admin, "secureconnect_readers_catching_up"))
		.toBe(0);
});

/** Whether this user may create and configure a network namespace. */
const MAY_UNSHARE =
	spawnSync("unshare", [
		"--net",
		"sh",
		"-c",
		'ip link set lo up && echo "4096 16384 65536" > /proc/sys/net/ipv4/tcp_wmem',
	]).status === 0;

test.runIf(MAY_UNSHARE)(
	"[SL-1] [SL-5] [GA-8] many readers that stop reading at once cost at most the bound, delay no other client, and all catch up",
	async () => {
		const readers = LONG ? 1000 : 200;
		// Less than the sum of the bounds of all readers.
		const total = 32 * 1024 * 1024;
		const program = start("unshare", [
			"--net",
			process.execPath,
			"--conditions=source",
			join(import.meta.dirname, "support/stalled-readers.ts"),
			SECURECONNECT,
			temporaryDirectory(),
			String(readers),
			LONG ? "20" : "6",
			String(total),
		]);
		await program.exited;
		console.log(program.stdout);
		expect(program.stdout, program.stderr).toContain("{");
		const result = JSON.parse(program.stdout) as {
			behind: number;
			wrong: number;
			closed: number[];
			stalled: { queued: number; catchingUp: number };
			recovering: { queued: number };
		};
		expect(result).toMatchObject({ behind: 0, wrong: 0, closed: [] });
		expect(result.stalled.catchingUp).toBeGreaterThanOrEqual(readers);
		expect(result.stalled.queued).toBeGreaterThan(total / 2);
		for (const { queued } of [result.stalled, result.recovering])
			expect(queued).toBeLessThanOrEqual(total);
	},
);
