import { expect, onTestFinished, test, vi } from "vitest";
import { Leftovers } from "../../src/chat/leftovers.ts";
import { Refusal } from "../../src/chat/refusal.ts";
import { processScheduler } from "../../src/fair/scheduler.ts";
import type { Writes } from "../../src/log/contract.ts";

/** Content that takes some steps to remove, in a log that refuses some of them. */
function leftovers(steps: number): {
	leftovers: Leftovers;
	taken: Writes["purge"][];
	refuse(reason: "unavailable" | "draining" | undefined): void;
} {
	const taken: Writes["purge"][] = [];
	let refused: "unavailable" | "draining" | undefined;
	const made = new Leftovers(
		processScheduler,
		async (step) => {
			if (refused) throw new Refusal({ code: refused, message: "refused" });
			taken.push(step);
			return { kind: "purged", more: taken.length < steps };
		},
		(error) => {
			throw error;
		},
	);
	return { leftovers: made, taken, refuse: (why) => (refused = why) };
}

/** Also after a failure the next test has real timers. */
function useFakeTimers(): void {
	vi.useFakeTimers();
	onTestFinished(() => void vi.useRealTimers());
}

test("a removal takes steps of one conversation until nothing is left", async () => {
	const { leftovers: it, taken } = leftovers(3);
	expect(await it.remove("u", "c")).toBe(true);
	expect(taken).toEqual(Array(3).fill({ userId: "u", conversationId: "c" }));
});

test("a removal that failed goes on by itself when the log accepts writes again", async () => {
	useFakeTimers();
	const { leftovers: it, taken, refuse } = leftovers(3);
	refuse("unavailable");
	expect(await it.remove("u", "c")).toBe(false);
	expect(await it.remove("u", "d")).toBe(false);
	await vi.advanceTimersByTimeAsync(10_000);
	expect(taken).toEqual([]);
	refuse(undefined);
	await vi.advanceTimersByTimeAsync(10_000);
	expect(taken).toEqual(Array(3).fill({ userId: "" }));
	await vi.advanceTimersByTimeAsync(10_000);
	expect(taken).toHaveLength(3);
});

test("a removal that failed with an error reports it, and goes on by itself", async () => {
	useFakeTimers();
	const failure = new Error("no space left");
	const errors: unknown[] = [];
	const taken: Writes["purge"][] = [];
	let isBroken = true;
	const it = new Leftovers(
		processScheduler,
		async (step) => {
			if (isBroken) throw failure;
			taken.push(step);
			return { kind: "purged", more: false };
		},
		(error) => errors.push(error),
	);
	expect(await it.remove("u", "c")).toBe(false);
	expect(errors).toEqual([failure]);
	isBroken = false;
	await vi.advanceTimersByTimeAsync(10_000);
	expect(taken).toEqual([{ userId: "" }]);
	await vi.advanceTimersByTimeAsync(10_000);
	expect(taken).toHaveLength(1);
});

test("a removal does not go on after the server has stopped", async () => {
	useFakeTimers();
	const { leftovers: it, taken, refuse } = leftovers(3);
	refuse("draining");
	await it.remove("u", "c");
	it.close();
	await it.remove("u", "c");
	refuse(undefined);
	await vi.advanceTimersByTimeAsync(10_000);
	expect(taken).toEqual([]);
});
