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
} {
	const ask = vi.fn(() => true);
	const dead = vi.fn();
	const liveness = new Liveness(ask, dead);
	liveness.alive();
	return { liveness, ask, dead };
}

test("a socket that swallows everything is asked after the silence, and dead ten seconds later", () => {
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

test("whenever in the silence the last frame came, it is noticed within silence and answer after it", () => {
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

test("one that answers, or that says anything at all, is never dead", () => {
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

test("a message unanswered for ten seconds, in which nothing came, is proof; where something came it is asked", () => {
	const silent = watched();
	vi.advanceTimersByTime(ANSWER_MS);
	silent.liveness.suspect();
	expect(silent.dead).toHaveBeenCalledTimes(1);

	const alive = watched();
	vi.advanceTimersByTime(ANSWER_MS / 2);
	alive.liveness.alive();
	vi.advanceTimersByTime(ANSWER_MS / 2);
	alive.liveness.suspect();
	expect(alive.dead).not.toHaveBeenCalled();
	expect(alive.ask).toHaveBeenCalledTimes(1);
	vi.advanceTimersByTime(ANSWER_MS);
	expect(alive.dead).toHaveBeenCalledTimes(1);
});

test("a question that was answered does not stand in the way of the next one", () => {
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

test("a clock that is set back or forward makes nobody dead who answers, and no timer spin", () => {
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

test("nothing is asked after it was stopped", () => {
	const { liveness, ask, dead } = watched();
	liveness.watch(SILENCE_MS);
	liveness.expect();
	liveness.stop();
	vi.advanceTimersByTime(10 * SILENCE_MS);
	expect(ask).not.toHaveBeenCalled();
	expect(dead).not.toHaveBeenCalled();
});
