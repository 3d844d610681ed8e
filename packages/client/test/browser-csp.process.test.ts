import { afterAll, beforeEach, expect, test } from "vitest";
import { closeBrowser, needChromium } from "../../cli/test/support/browser.ts";
import { contents, Scene } from "./support/scene.ts";
import { isReady, shows } from "./support/site.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

test("a page with a strict Content-Security-Policy chats without a violation", async () => {
	const scene = await Scene.set();
	scene.site.policy = [
		"default-src 'none'",
		"script-src 'self'",
		`connect-src 'self' ${scene.relay.url} ${scene.relay.url.replace("http", "ws")}`,
		"require-trusted-types-for 'script'",
	].join("; ");
	await scene.context.addInitScript(() => {
		const blocked: string[] = [];
		Object.assign(globalThis, { blocked });
		document.addEventListener("securitypolicyviolation", ({ blockedURI }) =>
			blocked.push(blockedURI),
		);
	});
	const bob = await scene.bob();
	const page = await scene.site.open(scene.context, scene.alice);
	const blocked = (): Promise<unknown> =>
		page.evaluate(() => Reflect.get(globalThis, "blocked"));
	await isReady(page);
	await page.evaluate(() => app.write(["hello"]));
	await shows(page, () => app.with("acknowledged"), ["hello"]);
	await shows(page, () => app.history(), ["hello"]);
	await shows(page, () => app.kept(), 0);
	await bob.settle();
	expect(contents(bob)).toEqual(["hello"]);
	expect(await blocked()).toEqual([]);

	// Proves that the policy blocks what it forbids.
	await page.evaluate(() => fetch("https://elsewhere.example").catch(() => {}));
	expect(await blocked()).toEqual(["https://elsewhere.example/"]);
});
