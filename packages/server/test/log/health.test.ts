import { expect, onTestFinished, test, vi } from "vitest";
import { LogUnavailable, type Write } from "../../src/log/contract.ts";
import { LogHealth } from "../../src/log/health.ts";

function rename(name: string): Write {
	return { kind: "rename", userId: "u", name };
}

/** Creates the health of a log that accepts writes up to a length, and the list of reported changes. */
function healthOf(disk: { room: number }) {
	vi.useFakeTimers();
	onTestFinished(() => void vi.useRealTimers());
	const changes: (string | undefined)[] = [];
	const take = (length: number): void => {
		if (length > disk.room) throw new LogUnavailable("full");
	};
	const health = new LogHealth(
		{
			append: async (batch) => {
				take(JSON.stringify(batch).length);
				return batch.map(() => ({ kind: "done" }));
			},
			probe: async (bytes) => take(bytes),
		},
		(why) => changes.push(why),
	);
	return { health, changes };
}

test("a log that refused a long write recovers when a write or a probe of that length succeeds", async () => {
	const disk = { room: 1000 };
	const { health, changes } = healthOf(disk);
	const long = [rename("x".repeat(100_000))];
	await expect(health.append(long)).rejects.toThrow(LogUnavailable);
	await health.append([rename("short")]);
	await vi.advanceTimersByTimeAsync(10_000);
	expect(health.takesWrites).toBe(false);
	expect(changes).toEqual(["full"]);

	disk.room = 1e6;
	await health.append([rename("short")]);
	expect(health.takesWrites).toBe(false);
	await health.append(long);
	expect(health.takesWrites).toBe(true);

	disk.room = 0;
	await expect(health.append([rename("short")])).rejects.toThrow("full");
	disk.room = 50_000;
	await vi.advanceTimersByTimeAsync(1000);
	// Refusals before the last recovery do not count.
	expect(changes).toEqual(["full", undefined, "full", undefined]);
});

test("of a batch stored in part, the refused writes count", async () => {
	vi.useFakeTimers();
	onTestFinished(() => void vi.useRealTimers());
	const probes: number[] = [];
	const health = new LogHealth(
		{
			append: async () => [{ kind: "done" }, new LogUnavailable("full")],
			probe: async (bytes) => void probes.push(bytes),
		},
		() => {},
	);
	await health.append([rename("x".repeat(1e6)), rename("x".repeat(100_000))]);
	await vi.advanceTimersByTimeAsync(1000);
	expect(health.takesWrites).toBe(true);
	expect(probes).toHaveLength(1);
	expect(probes[0]).toBeGreaterThan(100_000);
	expect(probes[0]).toBeLessThan(200_000);
});
