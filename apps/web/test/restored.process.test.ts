/** The page while its server is restored from a backup. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeEach, expect, test } from "vitest";
import {
	closeBrowser,
	needChromium,
} from "../../../packages/cli/test/support/browser.ts";
import { history } from "../../../packages/cli/test/support/server-process.ts";
import { Restored } from "../../../packages/client/test/support/restored.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage } from "./support/chat-page.ts";

beforeEach(needChromium);
afterAll(closeBrowser);

const numbered = (of: string, count: number): string[] =>
	Array.from({ length: count }, (_, i) => `${of} ${i + 1}`);

test.each([
	{ what: "has passed what the page showed", others: 8 },
	{ what: "is below what the page showed", others: 2 },
])(
	"after a restore whose head $what the page shows the restored log, keeps the draft, sends waiting messages and counts new ones",
	async ({ others }) => {
		const scene = await Restored.start("--page");
		const [alice, bob] = [randomUUID(), randomUUID()];
		const id = await scene.conversation(bob, alice);
		await scene.post(id, bob, numbered("old", 5));
		await scene.backUp();
		await scene.post(id, bob, numbered("lost", 5));
		const bearer = await token(alice, { name: "Alice" });
		const shown = await ChatPage.open(
			`${scene.relay.url}/#token=${bearer}&conversation=${id}`,
			{},
			async (context) => {
				await context.addInitScript(() => {
					document.hasFocus = () => !Reflect.has(globalThis, "isAway");
				});
			},
		);
		await shown.isReady();
		await shown.shows([...numbered("old", 5), ...numbered("lost", 5)]);

		await scene.goBack();
		await scene.post(id, bob, numbered("new", others));
		await shown.say("unsent");
		await shown.field.fill("a draft");
		scene.comeBack();
		const all = [...numbered("old", 5), ...numbered("new", others), "unsent"];
		await shown.shows(all);
		await shown.page.locator('.message[data-status="stored"]').waitFor();
		expect(await shown.field.inputValue()).toBe("a draft");
		await expect.poll(() => shown.page.locator(".new").count()).toBe(0);

		await shown.page.evaluate(() => Reflect.set(globalThis, "isAway", true));
		await scene.post(id, bob, ["after all"]);
		await shown.shows([...all, "after all"]);
		await expect.poll(() => shown.page.title()).toMatch(/^\(1\) /);
		expect(
			await shown.page.locator(".row:has(.new) .text").allInnerTexts(),
		).toEqual(["after all"]);
		const stored = await history(scene.server, id, bearer);
		expect(stored.map(({ content }) => content)).toEqual([...all, "after all"]);
	},
);
