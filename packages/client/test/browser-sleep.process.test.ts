import type { Page } from "playwright-core";
import { afterAll, beforeEach, expect, test } from "vitest";
import { closeBrowser, needChromium } from "../../cli/test/support/browser.ts";
import { contents, Scene } from "./support/scene.ts";
import { isReady, numbered, shows } from "./support/site.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

/**
 * Events from which a page learns that its machine slept or that it was hidden. `wake` returns the states that the
 * connection had by then: the page's clock goes on, so the current state may have changed when the test reads it.
 */
const WAKINGS = {
	// Due timers fire once, hours late, as after the lid opens.
	"a machine that slept for three hours": {
		wake: async (page: Page) => {
			await page.clock.fastForward("03:00:00");
			return page.evaluate(() => app.states());
		},
		// A message had no answer for hours and no data arrived: the socket is dead.
		isDeadAtOnce: true,
	},
	// The event of a browser when a tab becomes visible; an automated browser never hides its tabs.
	"a tab that was out of sight for a moment": {
		wake: (page: Page) =>
			page.evaluate(() => {
				document.dispatchEvent(new Event("visibilitychange"));
				return app.states();
			}),
		// The client sends a check, and waits 10 s for the answer.
		isDeadAtOnce: false,
	},
};

test.each(Object.entries(WAKINGS))(
	"%s detects that its open socket is dead, and misses no message",
	async (_, { wake, isDeadAtOnce }) => {
		const scene = await Scene.set();
		const bob = await scene.bob();
		const page = await scene.context.newPage();
		// The test controls the page's timers and clock.
		await page.clock.install();
		await page.goto(scene.site.address(scene.alice));
		await isReady(page);
		bob.send({ type: "chat", content: "before" });
		await shows(page, () => app.received(), [[1, "before"]]);

		scene.relay.deaden();
		const missed = numbered("missed ", 1, 20);
		for (const content of missed) bob.send({ type: "chat", content });
		await bob.waitFor(({ content }) => content === "missed 20");
		await page.evaluate(() => app.write(["into the void", "and after it"]));
		await shows(page, () => app.with("sent"), ["into the void"]);
		expect((await wake(page)).includes("waiting")).toBe(isDeadAtOnce);
		await page.clock.runFor(10_100);
		expect(await page.evaluate(() => app.states())).toContain("waiting");
		await page.clock.runFor(500);

		await isReady(page, 2);
		const all = ["before", ...missed, "into the void", "and after it"];
		await shows(
			page,
			() => app.received(),
			all.map((content, i) => [i + 1, content] as [number, string]),
		);
		expect(await page.evaluate(() => app.with("acknowledged"))).toEqual(
			all.slice(-2),
		);
		expect(await scene.stored()).toEqual(all);
		await bob.settle();
		expect(contents(bob)).toEqual(all);
		expect(await page.evaluate(() => app.wrong())).toEqual([]);
	},
);

test("a silent dead socket is detected without any event, by the missing heartbeat", async () => {
	const scene = await Scene.set();
	const bob = await scene.bob();
	const page = await scene.context.newPage();
	await page.clock.install();
	await page.goto(scene.site.address(scene.alice));
	await isReady(page);
	scene.relay.deaden();
	bob.send({ type: "chat", content: "missed" });
	await bob.next("chat");
	// A heartbeat of 54 s and a margin, then the check and 10 s for its answer.
	await page.clock.runFor(75_000);
	await isReady(page, 2);
	await shows(page, () => app.received(), [[1, "missed"]]);
});
