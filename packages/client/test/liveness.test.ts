import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Liveness } from "../src/liveness.ts";

const SILENCE_MS = 59_000;
const ANSWER_MS = 10_000;

beforeEach(() => {
	vi.useFakeTimers({ now: 1_800_000_000_000 });
});
afterEach(() => {
	vi.useRealTimers();
});

function watched(): {
	liveness: Liveness;
	ask: ReturnType<typeof vi.fn>;
	dead: ReturnType<typeof vi.fn>;
	socket: { received: number; pending: number };
} {
	const ask = vi.fn(() => true);
	const dead = vi.fn();
	const socket = { received: 0, pending: 0 };
	const liveness = new Liveness(ask, dead, () => socket);
	liveness.alive();
	return { liveness, ask, dead, socket };
}

/** Calls `suspect` every ten seconds after a message of `bytes`, as the outbox does, and runs `each` in between. */
function unanswered(
	{ liveness }: ReturnType<typeof watched>,
	bytes: number,
	forMs: number,
	each: () => void = () => {},
): void {
	liveness.sent(bytes);
	for (let ms = ANSWER_MS; ms <= forMs; ms += ANSWER_MS) {
		vi.advanceTimersByTime(ANSWER_MS / 2);
		each();
		vi.advanceTimersByTime(ANSWER_MS / 2);
		liveness.suspect(ms);
	}
}

test("a socket that answers nothing is checked after the silence, and declared dead ten seconds later", () => {
	const { liveness, ask, dead } = watched();
	liveness.watch(SILENCE_MS);
	vi.advanceTimersByTime(SILENCE_MS - 1);
	expect(ask).not.toHaveBeenCalled();
	vi.advanceTimersByTime(1);
	expect(ask).toHaveBeenCalledTimes(1);
	vi.advanceTimersByTime(ANSWER_MS - 1);
	expect(dead).not.toHaveBeenCalled();
	vi.advanceTimersByTime(1);
	expect(dead).toHaveBeenCalledTimes(1);
});

test("a dead socket is detected within silence and answer time after its last frame, whenever that came", () => {
	for (let at = 0; at < SILENCE_MS; at += 977) {
		const { liveness, dead } = watched();
		liveness.watch(SILENCE_MS);
		vi.advanceTimersByTime(at);
		liveness.alive();
		vi.advanceTimersByTime(SILENCE_MS + ANSWER_MS);
		expect(dead, `last frame ${at} ms after the opening`).toHaveBeenCalled();
		liveness.stop();
	}
});

test("a socket that answers, or receives anything, is never declared dead", () => {
	const { liveness, ask, dead } = watched();
	ask.mockImplementation(() => {
		setTimeout(() => liveness.alive(), ANSWER_MS - 1);
		return true;
	});
	liveness.watch(SILENCE_MS);
	vi.advanceTimersByTime(20 * SILENCE_MS);
	expect(ask.mock.calls.length).toBeGreaterThan(10);
	expect(dead).not.toHaveBeenCalled();
});

test("a message unanswered for ten seconds without any traffic proves a dead socket; with traffic it triggers a check", () => {
	const silent = watched();
	vi.advanceTimersByTime(ANSWER_MS);
	silent.liveness.suspect(ANSWER_MS);
	expect(silent.dead).toHaveBeenCalledTimes(1);

	const alive = watched();
	vi.advanceTimersByTime(ANSWER_MS / 2);
	alive.liveness.alive();
	vi.advanceTimersByTime(ANSWER_MS / 2);
	alive.liveness.suspect(ANSWER_MS);
	expect(alive.dead).not.toHaveBeenCalled();
	expect(alive.ask).toHaveBeenCalledTimes(1);
	vi.advanceTimersByTime(ANSWER_MS);
	expect(alive.dead).toHaveBeenCalledTimes(1);
});

test("an answered check does not block the next one", () => {
	const { liveness, ask, dead } = watched();
	liveness.expect();
	vi.advanceTimersByTime(10);
	liveness.check();
	expect(ask, "still waiting").not.toHaveBeenCalled();
	liveness.alive();
	vi.advanceTimersByTime(ANSWER_MS / 2);
	liveness.check();
	expect(ask).toHaveBeenCalledTimes(1);
	vi.advanceTimersByTime(ANSWER_MS - 1);
	expect(dead).not.toHaveBeenCalled();
	vi.advanceTimersByTime(1);
	expect(dead).toHaveBeenCalledTimes(1);
});

test("a clock that is set back or forward kills no live connection and makes no timer spin", () => {
	const { liveness, ask, dead } = watched();
	ask.mockImplementation(() => {
		setTimeout(() => liveness.alive(), 100);
		return true;
	});
	liveness.watch(SILENCE_MS);
	for (const leap of [-3_600_000, 3_600_000, -86_400_000]) {
		vi.setSystemTime(Date.now() + leap);
		vi.advanceTimersByTime(3 * SILENCE_MS);
	}
	expect(dead).not.toHaveBeenCalled();
	expect(ask.mock.calls.length).toBeLessThan(60);
});

test("no check is sent after a stop", () => {
	const { liveness, ask, dead } = watched();
	liveness.watch(SILENCE_MS);
	liveness.expect();
	liveness.stop();
	vi.advanceTimersByTime(10 * SILENCE_MS);
	expect(ask).not.toHaveBeenCalled();
	expect(dead).not.toHaveBeenCalled();
});

test("a message that arrives slowly is a sign of life before it is complete", () => {
	const slow = watched();
	unanswered(slow, 100, 50_000, () => {
		slow.socket.received += 1000;
	});
	expect(slow.dead).not.toHaveBeenCalled();
	unanswered(slow, 100, 2 * ANSWER_MS);
	expect(slow.dead, "nothing moves any more").toHaveBeenCalled();
});

test("a message that leaves slowly is a sign of life; a message that waits is not", () => {
	const slow = watched();
	slow.socket.pending = 1_000_000;
	unanswered(slow, 100, 50_000, () => {
		slow.socket.pending -= 10_000;
	});
	expect(slow.dead).not.toHaveBeenCalled();
	const stuck = watched();
	unanswered(stuck, 100, ANSWER_MS, () => {
		stuck.socket.pending += 100;
	});
	expect(stuck.dead).toHaveBeenCalled();
});

test("bytes that the system accepts at once are no sign of life, neither for a message nor for the check after it", () => {
	const { liveness, ask, dead, socket } = watched();
	/** A browser accepts a small frame at once on any socket, also on a dead one. */
	const handOver = (): true => {
		socket.pending += 100;
		setTimeout(() => {
			socket.pending -= 100;
		}, 1);
		return true;
	};
	ask.mockImplementation(handOver);
	liveness.sent(100);
	handOver();
	vi.advanceTimersByTime(3 * 3_600_000);
	liveness.suspect(ANSWER_MS);
	expect(dead, "a message").toHaveBeenCalledTimes(1);

	liveness.alive();
	liveness.check();
	expect(ask).toHaveBeenCalledTimes(1);
	vi.advanceTimersByTime(2 * ANSWER_MS);
	expect(dead, "a question").toHaveBeenCalledTimes(2);
});

test("data that arrived before a sleep is no sign of life after it", () => {
	const { liveness, dead, socket } = watched();
	liveness.sent(100);
	socket.received += 100;
	liveness.alive();
	vi.setSystemTime(Date.now() + 3 * 3_600_000);
	liveness.suspect(ANSWER_MS);
	expect(dead).toHaveBeenCalledTimes(1);
});

test("a megabyte in the system's buffers gets the time that a slow network needs for it", () => {
	const slow = watched();
	unanswered(slow, 1_000_000, 90_000);
	expect(slow.dead).not.toHaveBeenCalled();
	unanswered(slow, 0, 3 * ANSWER_MS);
	expect(slow.dead).toHaveBeenCalled();
});

test("each connection declared dead doubles the time, up to eightfold, until an answer is prompt again", () => {
	const hidden = watched();
	const untilDead = (): number => {
		hidden.dead.mockClear();
		hidden.liveness.alive();
		hidden.liveness.sent(100);
		let ms = 0;
		while (hidden.dead.mock.calls.length === 0) {
			ms += ANSWER_MS;
			vi.advanceTimersByTime(ANSWER_MS);
			hidden.liveness.suspect(ms);
		}
		hidden.liveness.stop();
		return ms / ANSWER_MS;
	};
	expect(Array.from({ length: 5 }, untilDead)).toEqual([1, 2, 4, 8, 8]);
	hidden.liveness.sent(100);
	vi.advanceTimersByTime(ANSWER_MS);
	hidden.liveness.suspect(ANSWER_MS);
	hidden.liveness.answered();
	hidden.liveness.stop();
	expect(untilDead(), "the answer was late").toBe(8);
	hidden.liveness.sent(100);
	vi.advanceTimersByTime(100);
	hidden.liveness.answered();
	expect(untilDead()).toBe(1);
});
