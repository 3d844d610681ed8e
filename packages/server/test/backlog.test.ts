import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type BackloggedConnection, Backlogs } from "../src/gateway/backlog.ts";
import type { KernelQueue } from "../src/gateway/kernel-queue.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

const MIB = 1024 * 1024;

function newBacklogs(maxTotalBacklogBytes = 256 * MIB): Backlogs {
	return new Backlogs({
		maxBacklogBytes: 256 * 1024,
		maxTotalBacklogBytes,
		stallMs: 30_000,
	});
}

/** Connection whose peer takes what the test tells it to take. */
class FakeConnection implements BackloggedConnection {
	backlogBytes = 0;
	bytesAccepted = 0;
	/** Bytes that the kernel holds; undefined on a system that does not report them. */
	kernelHolds: number | undefined;
	stalls = 0;

	held(): Promise<KernelQueue | undefined> {
		return Promise.resolve(
			this.kernelHolds === undefined
				? undefined
				: { bytes: this.kernelHolds, isLost: false },
		);
	}
	stall(): void {
		this.stalls++;
	}
}

test("[SL-3] a peer that takes nothing for 30 s is disconnected once, with or without an outstanding ping", async () => {
	const backlogs = newBacklogs();
	const peer = new FakeConnection();
	peer.backlogBytes = 1000;
	backlogs.changed(peer);
	await vi.advanceTimersByTimeAsync(29_000);
	expect(peer.stalls).toBe(0);
	await vi.advanceTimersByTimeAsync(60_000);
	expect(peer.stalls).toBe(1);
	expect(backlogs.queuedBytes).toBe(1000);
	backlogs.remove(peer);
	expect(backlogs.queuedBytes).toBe(0);
});

test.each([
	[
		"this process",
		(peer: FakeConnection) => {
			peer.bytesAccepted++;
		},
	],
	[
		"the kernel",
		(peer: FakeConnection) => {
			peer.kernelHolds = (peer.kernelHolds ?? 1_000_000) - 1;
		},
	],
])(
	"[SL-3] a peer that takes a byte at times, as seen by %s, stays, and is disconnected 30 s after the last",
	async (_, take) => {
		const backlogs = newBacklogs();
		const peer = new FakeConnection();
		peer.backlogBytes = 1000;
		peer.kernelHolds = 1_000_000;
		backlogs.changed(peer);
		for (let i = 0; i < 30; i++) {
			await vi.advanceTimersByTimeAsync(20_000);
			take(peer);
		}
		expect(peer.stalls).toBe(0);
		await vi.advanceTimersByTimeAsync(40_000);
		expect(peer.stalls).toBe(1);
	},
);

test("a process that was suspended disconnects no peer for that time", async () => {
	const backlogs = newBacklogs();
	const peer = new FakeConnection();
	peer.backlogBytes = 1000;
	backlogs.changed(peer);
	await vi.advanceTimersByTimeAsync(1000);
	const now = performance.now();
	const clock = vi.spyOn(performance, "now").mockReturnValue(now + 60_000);
	vi.advanceTimersByTime(1000);
	clock.mockRestore();
	expect(peer.stalls).toBe(0);
});

test("bytes taken are no longer counted, and their connection is no longer watched", async () => {
	const backlogs = newBacklogs();
	const peer = new FakeConnection();
	peer.backlogBytes = 1000;
	backlogs.changed(peer);
	peer.backlogBytes = 400;
	await vi.advanceTimersByTimeAsync(1000);
	expect(backlogs.queuedBytes).toBe(400);
	peer.backlogBytes = 0;
	await vi.advanceTimersByTimeAsync(1000);
	expect(backlogs.queuedBytes).toBe(0);
	peer.backlogBytes = 1000;
	await vi.advanceTimersByTimeAsync(60_000);
	expect(backlogs.queuedBytes).toBe(0);
	expect(peer.stalls).toBe(0);
});

test("[SL-5] however many peers stop reading, their backlogs stay below the total, and a new connection has room", () => {
	const total = 4 * MIB;
	const backlogs = newBacklogs(total);
	expect(backlogs.limit).toBe(256 * 1024);
	// Each peer takes in turn whatever is allowed, in writes of 1 KiB, until no peer is allowed any more.
	const peers = Array.from({ length: 2000 }, () => new FakeConnection());
	for (let isAllowed = true; isAllowed; ) {
		isAllowed = false;
		for (const peer of peers) {
			if (peer.backlogBytes > backlogs.limit) continue;
			isAllowed = true;
			peer.backlogBytes += 1024;
			backlogs.changed(peer);
		}
	}
	const left = total - backlogs.queuedBytes;
	expect(left).toBeGreaterThan(total / 200);
	const newcomer = new FakeConnection();
	newcomer.backlogBytes = 1024;
	backlogs.changed(newcomer);
	expect(newcomer.backlogBytes).toBeLessThanOrEqual(backlogs.limit);
});
