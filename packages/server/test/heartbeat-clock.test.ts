import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
	Heartbeat,
	type HeartbeatConnection,
} from "../src/gateway/heartbeat.ts";
import type { KernelQueue } from "../src/gateway/kernel-queue.ts";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

/** Connection whose peer the test plays. */
class FakeConnection implements HeartbeatConnection {
	answers = true;
	pongMs = 50;
	pingSent = true;
	isPaused = false;
	isReceiving = false;
	bytesAccepted = 1_000_000;
	/**
	 * Position of the ping, after all other bytes, and bytes that the kernel holds; undefined on a system that does not
	 * report them.
	 */
	pingStart = 1_000_000;
	kernelHolds: number | "unreadable" | undefined;
	isLost = false;
	notes = 0;
	readonly pings: number[] = [];
	endedAt: number | undefined;
	ended: "cut" | "stall" | undefined;
	readonly #opened = performance.now();
	readonly #heartbeat: Heartbeat;

	constructor(heartbeat: Heartbeat) {
		this.#heartbeat = heartbeat;
		heartbeat.add(this);
	}
	held(): Promise<KernelQueue | undefined> {
		const { kernelHolds, isLost } = this;
		if (kernelHolds === "unreadable")
			return Promise.reject(new Error("EMFILE"));
		return Promise.resolve(
			kernelHolds === undefined ? undefined : { bytes: kernelHolds, isLost },
		);
	}
	pingWithin(bytes: number): boolean {
		return bytes >= this.pingStart;
	}
	noteBacklog(): void {
		this.notes++;
	}
	get age(): number {
		return Math.round(performance.now() - this.#opened);
	}
	ping(): void {
		this.pings.push(this.age);
		if (this.answers)
			setTimeout(() => this.#heartbeat.alive(this), this.pongMs);
	}
	cut(): void {
		this.#end("cut");
	}
	stall(): void {
		this.#end("stall");
	}
	#end(how: "cut" | "stall"): void {
		this.ended = how;
		this.endedAt = this.age;
	}
}

function startHeartbeat(timeoutMs = 60_000): Heartbeat {
	const heartbeat = new Heartbeat({
		intervalMs: 54_000,
		timeoutMs,
		stallMs: 30_000,
	});
	heartbeat.start();
	return heartbeat;
}

/** Expects `time` to be `expected` milliseconds, give or take a tick of one second. */
function expectAbout(time: number | undefined, expected: number): void {
	expect(Math.abs((time ?? Number.NaN) - expected)).toBeLessThanOrEqual(1000);
}

test.each([0, 300, 999, 30_500])(
	"[HB-1] a connection opened %i ms after the start is pinged every 54 s from its opening",
	async (after) => {
		const heartbeat = startHeartbeat();
		await vi.advanceTimersByTimeAsync(after);
		const peer = new FakeConnection(heartbeat);
		await vi.advanceTimersByTimeAsync(54_000 * 100 + 2000);
		expect(peer.pings).toHaveLength(100);
		for (const [i, ping] of peer.pings.entries())
			expectAbout(ping, 54_000 * (i + 1));
		expect(peer.ended).toBeUndefined();
	},
);

test("[HB-2] a connection that answers nothing is pinged once and cut 60 s after its opening", async () => {
	const heartbeat = startHeartbeat();
	await vi.advanceTimersByTimeAsync(10_300);
	const peer = new FakeConnection(heartbeat);
	peer.answers = false;
	await vi.advanceTimersByTimeAsync(120_000);
	expect(peer.ended).toBe("cut");
	expectAbout(peer.endedAt, 60_000);
	expect(peer.pings).toHaveLength(1);
});

test("[HB-2] a connection that stops answering is cut 60 s after its last pong", async () => {
	const peer = new FakeConnection(startHeartbeat());
	await vi.advanceTimersByTimeAsync(54_000 * 2 + 1500);
	peer.answers = false;
	await vi.advanceTimersByTimeAsync(120_000);
	expect(peer.ended).toBe("cut");
	expectAbout(peer.endedAt, 54_000 * 2 + 60_000);
});

test("a removed connection is neither pinged nor cut", async () => {
	const heartbeat = startHeartbeat();
	const peer = new FakeConnection(heartbeat);
	peer.answers = false;
	await vi.advanceTimersByTimeAsync(55_500);
	heartbeat.remove(peer);
	await vi.advanceTimersByTimeAsync(300_000);
	expect(peer.pings).toHaveLength(1);
	expect(peer.ended).toBeUndefined();
});

test("[HB-5] the deadline is paused while the ping waits in this process", async () => {
	const peer = new FakeConnection(startHeartbeat());
	Object.assign(peer, { answers: false, pingSent: false });
	for (let second = 0; second < 300; second++) {
		await vi.advanceTimersByTimeAsync(1000);
	}
	expect(peer.ended).toBeUndefined();
	Object.assign(peer, { pingSent: true });
	await vi.advanceTimersByTimeAsync(3000);
	expect(peer.ended).toBeUndefined();
	await vi.advanceTimersByTimeAsync(10_000);
	expect(peer.ended).toBe("cut");
});

test("[HB-5] the deadline is paused while the peer takes bytes before the ping from the kernel", async () => {
	const peer = new FakeConnection(startHeartbeat());
	Object.assign(peer, { answers: false, kernelHolds: 1_000_000 });
	await vi.advanceTimersByTimeAsync(54_000);
	for (let step = 0; step < 30; step++) {
		peer.kernelHolds = 1_000_000 - step;
		await vi.advanceTimersByTimeAsync(20_000);
	}
	expect(peer.ended).toBeUndefined();
	peer.kernelHolds = 0;
	await vi.advanceTimersByTimeAsync(30_000);
	expect(peer.ended).toBeUndefined();
	await vi.advanceTimersByTimeAsync(20_000);
	expect(peer.ended).toBe("cut");
});

test("[HB-2] a host that is gone is cut in time although its room is busy and this kernel accepts the bytes", async () => {
	const peer = new FakeConnection(startHeartbeat());
	Object.assign(peer, { answers: false, kernelHolds: 1000 });
	for (let second = 0; second < 120; second++) {
		peer.bytesAccepted += 100;
		(peer.kernelHolds as number) += 100;
		if (second === 53) Object.assign(peer, { pingStart: peer.bytesAccepted });
		if (second > 55) peer.isLost = true;
		await vi.advanceTimersByTimeAsync(1000);
	}
	expect(peer.ended).toBe("cut");
	expectAbout(peer.endedAt, 60_000);
});

test("[SL-3] a peer that acknowledges nothing is disconnected, even if this kernel accepts the bytes", async () => {
	const peer = new FakeConnection(startHeartbeat());
	Object.assign(peer, { answers: false, kernelHolds: 1000 });
	for (let second = 0; second < 120; second++) {
		peer.bytesAccepted += 100;
		(peer.kernelHolds as number) += 100;
		await vi.advanceTimersByTimeAsync(1000);
	}
	expect(peer.ended).toBe("stall");
	expect(peer.endedAt).toBeLessThan(100_000);
});

test("no peer is cut because the kernel could not be asked", async () => {
	const peer = new FakeConnection(startHeartbeat());
	Object.assign(peer, { answers: false, kernelHolds: "unreadable" });
	await vi.advanceTimersByTimeAsync(120_000);
	expect(peer.ended).toBeUndefined();
	peer.kernelHolds = 0;
	await vi.advanceTimersByTimeAsync(10_000);
	expect(peer.ended).toBe("cut");
});

test("[SL-3] bytes that wait in this process are counted, whichever code wrote them", async () => {
	const peer = new FakeConnection(startHeartbeat());
	Object.assign(peer, { answers: false, pingSent: false });
	await vi.advanceTimersByTimeAsync(56_000);
	expect(peer.notes).toBeGreaterThan(0);
});

test("[SL-3] a peer that takes nothing the kernel holds before its ping is disconnected 30 s after the deadline", async () => {
	const peer = new FakeConnection(startHeartbeat());
	Object.assign(peer, { answers: false, kernelHolds: 1_000_000 });
	await vi.advanceTimersByTimeAsync(60_000 + 28_000);
	expect(peer.ended).toBeUndefined();
	await vi.advanceTimersByTimeAsync(10_000);
	expect(peer.ended).toBe("stall");
});

test("a slow reader stays connected when its pong arrives", async () => {
	const peer = new FakeConnection(startHeartbeat());
	Object.assign(peer, { kernelHolds: 1_000_000, pongMs: 70_000 });
	await vi.advanceTimersByTimeAsync(54_000 + 20_000);
	peer.kernelHolds = 900_000;
	await vi.advanceTimersByTimeAsync(25_000);
	peer.kernelHolds = 800_000;
	await vi.advanceTimersByTimeAsync(25_000);
	Object.assign(peer, { kernelHolds: 0, pongMs: 50 });
	await vi.advanceTimersByTimeAsync(300_000);
	expect(peer.ended).toBeUndefined();
});

test("a connection that is paused because the disk is slow is not cut", async () => {
	const peer = new FakeConnection(startHeartbeat());
	Object.assign(peer, { answers: false, isPaused: true });
	await vi.advanceTimersByTimeAsync(300_000);
	expect(peer.ended).toBeUndefined();
});

test("[HB-6] after the process was suspended, every peer is pinged before any is cut", async () => {
	const heartbeat = startHeartbeat();
	const peer = new FakeConnection(heartbeat);
	peer.answers = false;
	await vi.advanceTimersByTimeAsync(55_000);
	expect(peer.pings).toHaveLength(1);
	const now = performance.now();
	vi.spyOn(performance, "now").mockReturnValue(now + 600_000);
	await vi.advanceTimersByTimeAsync(1000);
	expect(peer.ended).toBeUndefined();
	expect(peer.pings).toHaveLength(2);
	vi.restoreAllMocks();
});

test.each([54_100, 54_500, 55_000, 56_000])(
	"a timeout of %i ms, hardly longer than the interval, cuts dead peers and keeps live ones",
	async (timeoutMs) => {
		const heartbeat = startHeartbeat(timeoutMs);
		const dead = new FakeConnection(heartbeat);
		dead.answers = false;
		const living = new FakeConnection(heartbeat);
		await vi.advanceTimersByTimeAsync(180_000);
		expect(dead.ended).toBe("cut");
		expectAbout(dead.endedAt, timeoutMs);
		expect(dead.pings).toHaveLength(1);
		expect(living.ended).toBeUndefined();
		expect(living.pings).toHaveLength(3);
	},
);

test.each<[number, number, number]>([
	[60_000, 3000, 3000],
	[60_000, 3500, 3000],
	[57_000, 2000, 2000],
	[57_000, 0, 3000],
	[55_000, 0, 1000],
])(
	"with a timeout of %i ms, server stalls of %i ms before and %i ms after the ping cut no peer that answers",
	async (timeoutMs, before, after) => {
		const clock = performance.now.bind(performance);
		let slept = 0;
		vi.spyOn(performance, "now").mockImplementation(() => clock() + slept);
		const peer = new FakeConnection(startHeartbeat(timeoutMs));
		// The pong waits in the socket while the process sleeps. The process reads it after the tick that wakes it.
		peer.pongMs = 1100;
		await vi.advanceTimersByTimeAsync(53_000 - before);
		slept += before;
		while (peer.pings.length === 0) await vi.advanceTimersByTimeAsync(10);
		slept += after;
		peer.pongMs = 50;
		await vi.advanceTimersByTimeAsync(120_000);
		expect(peer.ended).toBeUndefined();
		vi.restoreAllMocks();
	},
);
