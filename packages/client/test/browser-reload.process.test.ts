import { afterAll, beforeEach, expect, test } from "vitest";
import { closeBrowser, needChromium } from "../../cli/test/support/browser.ts";
import { contents, Scene } from "./support/scene.ts";
import { isReady, numbered, shows } from "./support/site.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

test("200 messages written without a server survive a reload: each arrives once, in order, when the server returns", async () => {
	const scene = await Scene.set();
	const page = await scene.site.open(scene.context, scene.alice);
	await isReady(page);
	const early = numbered("early ", 1, 3);
	await page.evaluate((it) => app.write(it), early);
	await shows(page, () => app.with("acknowledged"), early);
	await scene.killServer();

	const late = numbered("late ", 1, 200);
	await page.evaluate((it) => app.write(it), late);
	await shows(page, () => app.kept(), 200);
	await page.reload();
	await shows(page, () => app.with("queued"), late);
	await scene.restartServer();
	const bob = await scene.bob();
	await page.evaluate(() => app.reconnect());

	await shows(page, () => app.with("acknowledged"), late);
	await shows(page, () => app.kept(), 0);
	expect(await scene.stored()).toEqual([...early, ...late]);
	await bob.settle();
	expect(contents(bob)).toEqual(late);
	expect(await page.evaluate(() => app.wrong())).toEqual([]);
});

test("of messages written at the moment a reload begins, a prefix is stored and arrives once, in order", async () => {
	const scene = await Scene.set();
	const page = await scene.site.open(scene.context, scene.alice);
	await isReady(page);
	scene.relay.isDown = true;
	scene.relay.cut();
	const written = numbered("m", 1, 50);
	await Promise.all([
		page.waitForEvent("load"),
		page.evaluate((it) => {
			app.write(it);
			location.reload();
		}, written),
	]);

	scene.relay.isDown = false;
	await page.evaluate(() => app.write(["after the reload"]));
	await page.evaluate(() => app.reconnect());
	await shows(
		page,
		() => app.with("acknowledged").includes("after the reload"),
		true,
	);
	await shows(page, () => app.kept(), 0);
	// When a page closes, Chromium drops writes that it has not begun. Their number depends on the machine.
	const stored = await scene.stored();
	expect(stored).toEqual([
		...written.slice(0, stored.length - 1),
		"after the reload",
	]);
});
