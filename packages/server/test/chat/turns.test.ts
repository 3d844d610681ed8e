import { expect, test } from "vitest";
import { Turns } from "../../src/chat/turns.ts";

/** Keeps the thread for longer than a turn lasts. */
function busy(): void {
	const end = performance.now() + 2;
	while (performance.now() < end);
}

test("long work in line lets others have their turn in between, and is done in the order of the line", async () => {
	const turns = new Turns();
	const happened: string[] = [];
	const all = ["a", "b", "c"].map((name) =>
		turns.take(() => {
			busy();
			happened.push(name);
			// Whoever waits for the end of this turn of the event loop.
			setImmediate(() => happened.push("others"));
			return Promise.resolve(name);
		}),
	);
	expect(await Promise.all(all)).toEqual(["a", "b", "c"]);
	await new Promise(setImmediate);
	expect(happened).toEqual(["a", "others", "b", "others", "c", "others"]);
});

test("work that fails fails for whom it was done, and the line goes on", async () => {
	const turns = new Turns();
	const [failed, done] = await Promise.allSettled([
		turns.take(() => Promise.reject(new Error("no page"))),
		turns.take(() => Promise.resolve("a page")),
	]);
	expect(failed).toMatchObject({ status: "rejected" });
	expect(done).toMatchObject({ status: "fulfilled", value: "a page" });
});
