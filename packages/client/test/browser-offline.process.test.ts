import { afterAll, beforeEach, expect, test } from "vitest";
import { closeBrowser, needChromium } from "../../cli/test/support/browser.ts";
import { contents, Scene } from "./support/scene.ts";
import { isReady, numbered, shows } from "./support/site.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

test("messages written on both sides while the page is offline arrive once, in order, when it is online again", async () => {
	const scene = await Scene.set();
	const bob = await scene.bob();
	const page = await scene.site.open(scene.context, scene.alice);
	await isReady(page);
	await scene.context.setOffline(true);
	await shows(page, () => app.state().online, false);
	scene.relay.cut();
	await shows(page, () => app.state().name, "offline");
	const [mine, bobs] = [numbered("m", 1, 20), numbered("b", 1, 20)];
	await page.evaluate((it) => app.write(it), mine);
	for (const content of bobs) bob.send({ type: "chat", content });
	await bob.waitFor(({ content }) => content === "b20");

	await scene.context.setOffline(false);
	await shows(page, () => app.with("acknowledged"), mine);
	const stored = await scene.stored();
	expect(stored).toEqual([...bobs, ...mine]);
	await shows(page, () => app.received().map(([, content]) => content), stored);
	// The page waited for the event and made no attempt in vain.
	expect(await page.evaluate(() => app.states())).toEqual([
		...["authorising", "connecting", "open", "open"],
		...["offline", "authorising", "connecting", "open"],
	]);
	await bob.settle();
	expect(contents(bob)).toEqual(stored);
});

test("a page that is offline with its socket still open loses nothing and repeats nothing", async () => {
	const scene = await Scene.set();
	const bob = await scene.bob();
	const page = await scene.site.open(scene.context, scene.alice);
	await isReady(page);
	await scene.context.setOffline(true);
	await shows(page, () => app.state().online, false);
	const [mine, bobs] = [numbered("m", 1, 20), numbered("b", 1, 20)];
	await page.evaluate((it) => app.write(it), mine);
	for (const content of bobs) bob.send({ type: "chat", content });
	await bob.waitFor(({ content }) => content === "b20");

	await scene.context.setOffline(false);
	await shows(page, () => app.with("acknowledged"), mine);
	await shows(page, () => app.received().length, 40);
	const stored = await scene.stored();
	expect(stored.filter((content) => content.startsWith("m"))).toEqual(mine);
	expect(stored).toHaveLength(40);
	expect(await page.evaluate(() => app.received())).toEqual(
		stored.map((content, i) => [i + 1, content]),
	);
	expect(await page.evaluate(() => app.wrong())).toEqual([]);
});
