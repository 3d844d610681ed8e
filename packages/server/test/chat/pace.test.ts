import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pace } from "../../src/chat/pace.ts";
import { processScheduler } from "../../src/fair/scheduler.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Creates a pace whose flushes take `flushMs`, and the list of the times at which they began. */
function paced(flushMs: number): { pace: Pace; began: number[] } {
	const began: number[] = [];
	const start = performance.now();
	const pace = new Pace(processScheduler, () => {
		began.push(performance.now() - start);
		vi.advanceTimersByTime(flushMs);
	});
	return { pace, began };
}

test("queued frames are flushed once, at the end of the turn", () => {
	const { pace, began } = paced(0);
	pace.due(10);
	pace.due(10);
	expect(began).toEqual([]);
	vi.runAllTicks();
	vi.advanceTimersByTime(0);
	expect(began).toEqual([0]);
});

test("a short flush has no pause after it", () => {
	const { pace, began } = paced(0);
	for (let i = 0; i < 3; i++) {
		pace.due(10);
		vi.advanceTimersByTime(1);
	}
	expect(began).toHaveLength(3);
});

test("after a long flush, frames wait a bounded time for others", () => {
	for (const [flushMs, rest] of [
		[2, 6],
		[100, 12],
	] as const) {
		const { pace, began } = paced(flushMs);
		pace.due(10);
		vi.advanceTimersByTime(0);
		pace.due(10);
		vi.advanceTimersByTime(rest - 1);
		pace.due(10);
		expect(began).toHaveLength(1);
		vi.advanceTimersByTime(1);
		expect(began).toEqual([0, flushMs + rest]);
	}
});

test("a full write does not wait", () => {
	const { pace, began } = paced(4);
	pace.due(10);
	vi.advanceTimersByTime(0);
	pace.due(10);
	pace.due(16 * 1024);
	vi.advanceTimersByTime(0);
	expect(began).toEqual([0, 4]);
	// The wait that the full write cut short is over, and causes no second flush.
	vi.advanceTimersByTime(4);
	expect(began).toHaveLength(2);
});

test("frames queued long after the last flush do not wait", () => {
	const { pace, began } = paced(4);
	pace.due(10);
	vi.advanceTimersByTime(100);
	pace.due(10);
	vi.advanceTimersByTime(0);
	expect(began).toHaveLength(2);
});
