import { randomUUID } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import {
	type ReceivingConnection,
	UnfinishedMessages,
} from "../src/gateway/unfinished.ts";
import {
	clientFrame,
	Opcode,
	openRaw,
	type RawFrame,
	textFrame,
} from "./support/raw-socket.ts";
import { startTestServer } from "./support/server.ts";

afterEach(() => {
	vi.useRealTimers();
});

/** Connection whose peer the test plays. */
class FakeConnection implements ReceivingConnection {
	isPaused = false;
	message = 0;
	bytes: number | undefined = 10;
	endedAt: number | undefined;
	readonly #began = performance.now();

	get unfinished(): ReceivingConnection["unfinished"] {
		const { message, bytes } = this;
		return bytes === undefined ? undefined : { message, bytes };
	}
	giveUp(): void {
		this.endedAt = performance.now() - this.#began;
	}
}

function watched(): FakeConnection {
	vi.useFakeTimers();
	const messages = new UnfinishedMessages({
		silenceMs: 30_000,
		graceMs: 60_000,
		bytesPerSecond: 1024,
	});
	const peer = new FakeConnection();
	messages.add(peer);
	return peer;
}

/** Lets seconds pass, with this many bytes in each. */
async function pass(
	peer: FakeConnection,
	seconds: number,
	bytes: number,
	every = 1,
): Promise<void> {
	for (let i = 1; i <= seconds; i++) {
		if (i % every === 0) peer.bytes = (peer.bytes ?? 0) + bytes * every;
		await vi.advanceTimersByTimeAsync(1000);
	}
}

test("[FR-15] a message without a new byte for 30 s ends its connection", async () => {
	const peer = watched();
	await pass(peer, 20, 10);
	await pass(peer, 28, 0);
	expect(peer.endedAt).toBeUndefined();
	await pass(peer, 3, 0);
	expect(peer.endedAt).toBeGreaterThan(49_000);
});

test("[FR-15] a message that arrives at less than 1 KiB/s ends its connection after 60 s", async () => {
	const peer = watched();
	await pass(peer, 59, 1000);
	expect(peer.endedAt).toBeUndefined();
	await pass(peer, 2, 1000);
	expect(peer.endedAt).toBeGreaterThanOrEqual(60_000);
});

test("[FR-15] a message that arrives at more than 1 KiB/s may take any time, in pieces of any size", async () => {
	const peer = watched();
	await pass(peer, 3600, 1600, 20);
	expect(peer.endedAt).toBeUndefined();
});

test("[FR-15] each message has its own time limit", async () => {
	const peer = watched();
	for (let i = 0; i < 20; i++) {
		await pass(peer, 25, 1);
		peer.message++;
	}
	expect(peer.endedAt).toBeUndefined();
});

test("[FR-15] time during which the server does not read or does not run does not count", async () => {
	const peer = watched();
	peer.isPaused = true;
	await pass(peer, 600, 0);
	peer.isPaused = false;
	await pass(peer, 20, 0);
	const clock = performance.now.bind(performance);
	vi.spyOn(performance, "now").mockImplementation(() => clock() + 60_000);
	await pass(peer, 5, 0);
	expect(peer.endedAt).toBeUndefined();
	vi.restoreAllMocks();
});

test("a connection whose message is complete is no longer watched", async () => {
	const peer = watched();
	await pass(peer, 10, 1);
	peer.bytes = undefined;
	await vi.advanceTimersByTimeAsync(600_000);
	peer.bytes = 1;
	await vi.advanceTimersByTimeAsync(600_000);
	expect(peer.endedAt).toBeUndefined();
});

test("[HB-8] a client whose upload delays its pongs beyond the timeout stays connected", async () => {
	const server = await startTestServer({
		pingIntervalMs: 200,
		pongTimeoutMs: 400,
	});
	const conversation = randomUUID();
	const { socket, frames, frame } = await openRaw(server, conversation);
	const isPing = ({ opcode }: RawFrame): boolean => opcode === Opcode.ping;
	let answered = 0;
	const answer = (): void => {
		for (
			const pings = frames.filter(isPing).length;
			answered < pings;
			answered++
		)
			socket.write(clientFrame(0x80 | Opcode.pong, Buffer.of()));
	};
	const upload = textFrame(
		JSON.stringify({ type: "chat", content: "x".repeat(60_000) }),
	);
	// Five times the timeout without a pong: the pongs come after the upload, as when a client's buffers are full of it.
	const began = performance.now();
	for (let at = 0; at < upload.length; at += 1000) {
		socket.write(upload.subarray(at, at + 1000));
		await vi.waitUntil(() => performance.now() - began > at / 30, {
			interval: 5,
			timeout: 15_000,
		});
	}
	expect(frames.some(isPing)).toBe(true);
	answer();
	socket.on("looked", answer);
	await frame(({ payload }) => payload.includes('"seq":1'));
	await vi.waitUntil(() => answered > 5, { timeout: 15_000 });
	expect(socket.destroyed).toBe(false);
});

test("[HB-2] a client that answers nothing and keeps sending whole messages is cut", async () => {
	const server = await startTestServer({
		pingIntervalMs: 200,
		pongTimeoutMs: 400,
	});
	const { socket, closed } = await openRaw(server, randomUUID());
	const timer = setInterval(
		() => socket.write(textFrame('{"type":"typing"}')),
		10,
	);
	expect(await closed).toEqual({ code: 1006, reason: "" });
	clearInterval(timer);
});
