import type { CDPSession, Page } from "playwright-core";
import { afterAll, beforeEach, expect, test } from "vitest";
import { closeBrowser, needChromium } from "../../cli/test/support/browser.ts";
import { contents, Scene } from "./support/scene.ts";
import { isReady, numbered, shows } from "./support/site.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

/** Storage quota in bytes: an empty database and some short messages fit. */
const SMALL = 300_000;
/** A message that does not fit into a small storage. */
const BIG = "x".repeat(SMALL);

interface Tab {
	readonly scene: Scene;
	readonly page: Page;
	readonly devtools: CDPSession;
}

/** Returns a page that has lost its connection. @param quota bytes that it may store */
async function awayFromServer(quota?: number): Promise<Tab> {
	const scene = await Scene.set();
	const page = await scene.context.newPage();
	const devtools = await scene.context.newCDPSession(page);
	const { origin } = scene.site;
	await devtools.send("Storage.overrideQuotaForOrigin", {
		origin,
		...(quota === undefined ? {} : { quotaSize: quota }),
	});
	await page.goto(scene.site.address(scene.alice));
	await isReady(page);
	scene.relay.isDown = true;
	scene.relay.cut();
	await shows(page, () => app.state().name !== "open", true);
	return { scene, page, devtools };
}

/** Runs in the page. After a refused long message, the browser decides whether short messages fit. */
async function keptOrRefused(): Promise<number> {
	return app.problems().length + (await app.kept());
}

async function comesBack({ scene, page }: Tab): Promise<void> {
	scene.relay.isDown = false;
	await page.evaluate(() => app.reconnect());
}

test("a full storage is reported, and messages that do not fit are sent from memory: each once, in order", async () => {
	const tab = await awayFromServer(SMALL);
	const { scene, page } = tab;
	const bob = await scene.bob();
	const written = [...numbered("kept ", 1, 5), BIG, ...numbered("late ", 1, 5)];
	await page.evaluate((it) => app.write(it), written);
	await shows(page, keptOrRefused, written.length);
	expect(new Set(await page.evaluate(() => app.problems()))).toEqual(
		new Set(["refused"]),
	);

	await comesBack(tab);
	await shows(page, () => app.with("acknowledged"), written);
	await shows(page, () => app.kept(), 0);
	expect(await scene.stored()).toEqual(written);
	await bob.settle();
	expect(contents(bob)).toEqual(written);
});

test("a message that could not be stored does not overtake messages of an earlier page", async () => {
	const tab = await awayFromServer(SMALL);
	const { scene, page } = tab;
	const earlier = numbered("earlier ", 1, 5);
	await page.evaluate((it) => app.write(it), earlier);
	await shows(page, () => app.kept(), 5);
	await page.reload();
	await shows(page, () => app.with("queued"), earlier);
	await page.evaluate((it) => app.write([it, "and one more"]), BIG);
	await shows(page, keptOrRefused, earlier.length + 2);
	expect(await page.evaluate(() => app.problems())).toContain("refused");

	await comesBack(tab);
	const all = [...earlier, BIG, "and one more"];
	await shows(page, () => app.with("acknowledged"), all);
	await shows(page, () => app.kept(), 0);
	expect(await scene.stored()).toEqual(all);
});

test("records that the browser clears are reported, stored again, and survive a reload", async () => {
	const tab = await awayFromServer();
	const { scene, page, devtools } = tab;
	const written = numbered("m", 1, 20);
	await page.evaluate((it) => app.write(it), written);
	await shows(page, () => app.kept(), 20);
	await devtools.send("Storage.clearDataForOrigin", {
		origin: scene.site.origin,
		storageTypes: "all",
	});
	await shows(page, () => app.problems(), ["evicted"]);
	await shows(page, () => app.kept(), 20);
	await page.reload();
	await shows(page, () => app.with("queued"), written);

	await comesBack(tab);
	await shows(page, () => app.with("acknowledged"), written);
	await shows(page, () => app.kept(), 0);
	expect(await scene.stored()).toEqual(written);
});

test("records cleared while they are being sent arrive once, in order", async () => {
	const scene = await Scene.set();
	const bob = await scene.bob();
	const page = await scene.site.open(scene.context, scene.alice);
	await isReady(page);
	const written = numbered("m", 1, 20);
	scene.relay.holdAt('"m5"');
	await page.evaluate((it) => app.write(it), written);
	await bob.waitFor(({ content }) => content === "m5");
	// A write or removal in progress at that moment would also be refused.
	await shows(page, () => app.kept(), 16);
	const devtools = await scene.context.newCDPSession(page);
	await devtools.send("Storage.clearDataForOrigin", {
		origin: scene.site.origin,
		storageTypes: "all",
	});
	await shows(page, () => app.problems(), ["evicted"]);
	scene.relay.release();

	await shows(page, () => app.with("acknowledged"), written);
	await shows(page, () => app.kept(), 0);
	expect(await scene.stored()).toEqual(written);
	await bob.settle();
	expect(contents(bob)).toEqual(written);
});
