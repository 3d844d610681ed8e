import { expect, onTestFinished, test, vi } from "vitest";
import { processScheduler } from "../../src/fair/scheduler.ts";
import { Turns } from "../../src/fair/turns.ts";

/** Occupies the thread for longer than a turn. */
function busy(): void {
	const end = performance.now() + 2;
	while (performance.now() < end);
}

test("other work runs between two long pieces, and one owner's pieces keep their order", async () => {
	const turns = new Turns(processScheduler);
	const happened: string[] = [];
	const all = ["a", "b", "c"].map((name) =>
		turns.take("owner", () => {
			busy();
			happened.push(name);
			// Stands for all work that waits for the end of this turn of the event loop.
			setImmediate(() => happened.push("others"));
			return Promise.resolve(name);
		}),
	);
	expect(await Promise.all(all)).toEqual(["a", "b", "c"]);
	await new Promise(setImmediate);
	expect(happened).toEqual(["a", "others", "b", "others", "c", "others"]);
});

test("work runs immediately while a turn has time left", () => {
	// The clock stands: on a busy machine the first piece of work could use up the turn.
	const clock = vi.spyOn(performance, "now").mockReturnValue(0);
	onTestFinished(() => clock.mockRestore());
	const turns = new Turns(processScheduler);
	let ran = 0;
	turns.run("owner", () => ran++);
	turns.run("owner", () => ran++);
	expect(ran).toBe(2);
});

test("the time that a piece's caller takes with the result is part of the turn", async () => {
	const turns = new Turns(processScheduler);
	const happened: string[] = [];
	turns.run("owner", busy);
	await Promise.all(
		["d", "e", "f"].map(async (name) => {
			await turns.take("owner", async () => {});
			await null;
			busy();
			happened.push(name);
			setImmediate(() => happened.push("others"));
		}),
	);
	await new Promise(setImmediate);
	expect(happened).toEqual(["d", "others", "e", "others", "f", "others"]);
});

test("one owner's queue does not delay a second owner", async () => {
	const turns = new Turns(processScheduler);
	const happened: string[] = [];
	const add = (owner: string, name: string): Promise<void> =>
		turns.take(owner, async () => {
			busy();
			happened.push(name);
		});
	const all = ["a1", "a2", "a3", "a4"].map((name) => add("a", name));
	all.push(add("b", "b1"));
	await Promise.all(all);
	expect(happened).toEqual(["a1", "a2", "b1", "a3", "a4"]);
});

test("work that fails rejects for its caller, and the queue continues", async () => {
	const turns = new Turns(processScheduler);
	const [failed, done] = await Promise.allSettled([
		turns.take("owner", () => Promise.reject(new Error("no page"))),
		turns.take("owner", () => Promise.resolve("a page")),
	]);
	expect(failed).toMatchObject({ status: "rejected" });
	expect(done).toMatchObject({ status: "fulfilled", value: "a page" });
});
