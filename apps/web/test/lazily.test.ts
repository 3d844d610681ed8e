import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { patiently } from "../src/ui/lazily.ts";
import { MissingPart } from "../src/ui/missing-part.tsx";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
	vi.useRealTimers();
	vi.unstubAllGlobals();
});

const Part = () => null;
const lost = (): Promise<never> => Promise.reject(new Error("no such file"));

test("a part of the page loads once the server answers again", async () => {
	const load = vi
		.fn(() => Promise.resolve(Part))
		.mockImplementationOnce(lost)
		.mockImplementationOnce(lost);
	const loaded = patiently(load);
	await vi.runAllTimersAsync();
	expect(await loaded).toBe(Part);
	expect(load).toHaveBeenCalledTimes(3);
});

test("after 15 failures the page stops asking and offers a reload", async () => {
	const load = vi.fn(lost);
	const loaded = patiently(load);
	await vi.runAllTimersAsync();
	expect(await loaded).toBe(MissingPart);
	expect(load).toHaveBeenCalledTimes(15);
});

test("failures of an offline browser do not count", async () => {
	vi.stubGlobal("navigator", { onLine: false });
	const load = vi.fn<() => Promise<typeof Part>>(lost);
	const loaded = patiently(load);
	await vi.advanceTimersByTimeAsync(60_000);
	load.mockImplementation(() => Promise.resolve(Part));
	await vi.runAllTimersAsync();
	expect(await loaded).toBe(Part);
});
