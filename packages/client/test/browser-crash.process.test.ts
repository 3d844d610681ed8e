import { afterAll, beforeEach, expect, test } from "vitest";
import { closeBrowser, needChromium } from "../../cli/test/support/browser.ts";
import { contents, Scene } from "./support/scene.ts";
import { crash, isReady, numbered, shows } from "./support/site.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

test("after a tab crashes with one message in flight and others queued, a new tab sends each once, in order", async () => {
	const scene = await Scene.set();
	const bob = await scene.bob();
	const page = await scene.site.open(scene.context, scene.alice);
	await isReady(page);
	const written = numbered("m", 1, 50);
	// The server stores the fifth message, and its answer does not reach the page.
	scene.relay.holdAt('"m5"');
	await page.evaluate((it) => app.write(it), written);
	await bob.waitFor(({ content }) => content === "m5");
	await shows(page, () => app.with("sent"), ["m5"]);
	await shows(page, () => app.kept(), 46);
	await crash(page);
	scene.relay.release();

	const next = await scene.site.open(scene.context, scene.alice);
	await shows(next, () => app.with("acknowledged"), written.slice(4));
	await shows(next, () => app.kept(), 0);
	expect(await scene.stored()).toEqual(written);
	await bob.settle();
	expect(contents(bob)).toEqual(written);
	expect(await next.evaluate(() => app.wrong())).toEqual([]);
});

test("of messages written at the moment of the crash, a prefix is stored and arrives once, in order", async () => {
	const scene = await Scene.set();
	const page = await scene.site.open(scene.context, scene.alice);
	await isReady(page);
	scene.relay.isDown = true;
	scene.relay.cut();
	const written = numbered("m", 1, 50);
	await page.evaluate((it) => app.write(it), written);
	await crash(page);
	scene.relay.isDown = false;

	const next = await scene.site.open(scene.context, scene.alice);
	await next.evaluate(() => app.write(["after the crash"]));
	await shows(
		next,
		() => app.with("acknowledged").includes("after the crash"),
		true,
	);
	await shows(next, () => app.kept(), 0);
	const stored = await scene.stored();
	expect(stored).toEqual([
		...written.slice(0, stored.length - 1),
		"after the crash",
	]);
});
