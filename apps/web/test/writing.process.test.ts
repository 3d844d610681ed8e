/**
 * Keys in the composer, refused content, translated pages, and announcements for screen readers.
 */
import { randomUUID } from "node:crypto";
import type { BrowserContext, Page } from "playwright-core";
import { expect, test } from "vitest";
import { connect } from "../../../packages/cli/test/support/server-process.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage, type Look, PHONE } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

const ALICE = randomUUID();
const BOB = randomUUID();
const TABLET: Look = { width: 820, height: 1180, phone: true };

async function open(
	contents: readonly string[] = [],
	look?: Look,
	prepare?: (context: BrowserContext) => Promise<unknown>,
): Promise<{ alice: ChatPage; id: string }> {
	const id = await server.conversation(ALICE, [BOB], "Lunch");
	await server.post(id, BOB, "Bob", contents);
	const link = await server.link(ALICE, "Alice", id);
	const alice = await ChatPage.open(link, look, prepare);
	await alice.isReady();
	return { alice, id };
}

test("Enter that accepts a candidate of an input method sends nothing, also with Safari's order of events", async () => {
	const { alice } = await open();
	await alice.field.fill("你好");
	const isTaken = await alice.field.evaluate((field) => {
		field.dispatchEvent(
			new CompositionEvent("compositionend", { bubbles: true, data: "你好" }),
		);
		return !field.dispatchEvent(
			new KeyboardEvent("keydown", {
				key: "Enter",
				code: "Enter",
				keyCode: 229,
				bubbles: true,
				cancelable: true,
			}),
		);
	});
	expect([isTaken, await alice.field.inputValue()]).toEqual([false, "你好"]);
	await alice.field.press("Enter");
	await alice.shows(["你好"]);
});

test("on a tablet with a keyboard Enter sends; on a phone Ctrl+Enter and Cmd+Enter do", async () => {
	const tablet = await open([], TABLET);
	await tablet.alice.field.focus();
	await tablet.alice.page.keyboard.press("o");
	await tablet.alice.field.press("Enter");
	await tablet.alice.shows(["o"]);
	const phone = await open([], PHONE);
	await phone.alice.field.fill("one");
	await phone.alice.field.press("Enter");
	expect(await phone.alice.field.inputValue()).toBe("one\n");
	await phone.alice.field.press("Control+Enter");
	await phone.alice.field.fill("two");
	await phone.alice.field.press("Meta+Enter");
	await phone.alice.shows(["one\n", "two"]);
});

test("Page Up and Page Down in the field scroll the messages", async () => {
	const { alice } = await open(
		Array.from({ length: 40 }, (_, i) => `line ${i}`),
	);
	await alice.sees("line 39");
	await alice.page.getByRole("button", { name: /new$/ }).click();
	const left = (): Promise<number> =>
		alice.page
			.locator(".scroller")
			.evaluate((it) => it.scrollHeight - it.scrollTop - it.clientHeight);
	await expect.poll(left).toBeLessThan(2);
	await alice.field.press("PageUp");
	await expect.poll(left).toBeGreaterThan(300);
	await alice.field.press("PageDown");
	await expect.poll(left).toBeLessThan(2);
});

test("a pasted picture and a dropped file get an error, and the page stays", async () => {
	const { alice } = await open();
	const url = alice.page.url();
	const give = (type: "paste" | "drop"): Promise<boolean> =>
		alice.field.evaluate((field, type) => {
			const data = new DataTransfer();
			data.items.add(new File(["x"], "cat.png", { type: "image/png" }));
			const options = { bubbles: true, cancelable: true };
			return !field.dispatchEvent(
				type === "paste"
					? new ClipboardEvent(type, { ...options, clipboardData: data })
					: new DragEvent(type, { ...options, dataTransfer: data }),
			);
		}, type);
	expect(await give("paste")).toBe(true);
	await alice.sees("You can only send text");
	await alice.say("text");
	await alice.seesNo("You can only send text");
	expect(await give("drop")).toBe(true);
	await alice.sees("You can only send text");
	expect(alice.page.url()).toBe(url);
});

test("Back closes a confirmation, then its dialog, and stays in the conversation", async () => {
	const { alice } = await open([], PHONE);
	const url = alice.page.url();
	const { page } = alice;
	await page.getByRole("button", { name: "People" }).click();
	await page.getByRole("button", { name: "Leave the conversation" }).click();
	const question = page.getByRole("alertdialog");
	await question.waitFor();
	await page.evaluate(() => history.back());
	await question.waitFor({ state: "detached" });
	const dialog = page.getByRole("dialog", { name: "People" });
	await dialog.waitFor();
	await page.evaluate(() => history.back());
	await dialog.waitFor({ state: "detached" });
	expect(page.url()).toBe(url);
	// A dialog closed by its button leaves no history entry.
	await page.getByRole("button", { name: "People" }).click();
	await page.getByRole("button", { name: "Close" }).click();
	await dialog.waitFor({ state: "detached" });
	await expect.poll(() => page.evaluate(() => history.state)).toBe(null);
	expect(page.url()).toBe(url);
});

/** Replaces every text node by an element, as a browser's translation does. */
function translate(page: Page): Promise<void> {
	return page.evaluate(() => {
		const walker = document.createTreeWalker(
			document.body,
			NodeFilter.SHOW_TEXT,
		);
		const texts: Node[] = [];
		while (walker.nextNode()) texts.push(walker.currentNode);
		for (const text of texts) {
			if (!text.textContent?.trim()) continue;
			const font = document.createElement("font");
			font.append(text.textContent);
			text.parentNode?.replaceChild(font, text);
		}
	});
}

test("a translated page keeps working: typing ends, long messages unfold and fold, the connection drops and returns", async () => {
	const { alice, id } = await open([`long ${"word ".repeat(400)}`, "short"]);
	const bob = await connect(server, id, "", {
		bearer: await token(BOB, { name: "Bob" }),
	});
	const { page } = alice;
	await alice.sees("Bob online");
	bob.send({ type: "typing", is_typing: true });
	await page.locator(".typing .dots").waitFor();
	await translate(page);
	bob.send({ type: "typing", is_typing: false });
	await page.locator(".typing .dots").waitFor({ state: "detached" });
	await page.getByRole("button", { name: /Show all/ }).click();
	await translate(page);
	await page.locator('.bubble [aria-expanded="true"]').click();
	await translate(page);
	await page.evaluate(() => dispatchEvent(new Event("offline")));
	await alice.say("still here");
	await translate(page);
	await bob.close();
	await page.getByRole("button", { name: "People" }).click();
	await page.getByRole("button", { name: "Close" }).click();
	await expect
		.poll(() => page.locator(".message.own .text").allInnerTexts())
		.toEqual(["still here"]);
	await alice.field.waitFor();
});

/** Makes every attempt to draw a time fail until the page reloads, or until `mend`. */
function fail(page: Page): Promise<void> {
	return page.evaluate(() => {
		const { prototype } = Intl.DateTimeFormat;
		const before = Object.getOwnPropertyDescriptor(prototype, "format") ?? {};
		Object.assign(globalThis, {
			mend: () => Object.defineProperty(prototype, "format", before),
		});
		Object.defineProperty(prototype, "format", {
			configurable: true,
			get() {
				throw new Error("broken on purpose");
			},
		});
	});
}

test("a page that fails keeps the typed text, reports the error, and offers to continue or to reload", async () => {
	const { alice, id } = await open(["hello"]);
	const { page } = alice;
	await alice.field.fill("half a thought");
	await fail(page);
	await server.post(id, BOB, "Bob", ["drawn too late"]);
	await alice.sees("The page stopped working");
	await expect.poll(() => alice.wrong.join()).toContain("broken on purpose");
	await page.evaluate(() => Reflect.get(globalThis, "mend")());
	await page.getByRole("button", { name: "Continue without" }).click();
	await alice.shows(["hello", "drawn too late"]);
	expect(await alice.field.inputValue()).toBe("half a thought");
	await fail(page);
	await server.post(id, BOB, "Bob", ["drawn after a reload"]);
	await alice.sees("The page stopped working");
	await page.getByRole("button", { name: "Reload", exact: true }).click();
	await alice.shows(["hello", "drawn too late", "drawn after a reload"]);
	expect(await alice.field.inputValue()).toBe("half a thought");
	alice.wrong.splice(0);
});

test("a second message with the same words is announced, too", async () => {
	const { alice, id } = await open(["before"]);
	await alice.page.evaluate(() => {
		const log = document.querySelector('[role="log"]');
		const added: string[] = [];
		Object.assign(globalThis, { added });
		if (log)
			new MutationObserver((changes) => {
				for (const { addedNodes } of changes)
					for (const node of addedNodes) added.push(node.textContent ?? "");
			}).observe(log, { childList: true, subtree: true });
	});
	const added = (): Promise<unknown> =>
		alice.page.evaluate(() => Reflect.get(globalThis, "added"));
	await server.post(id, BOB, "Bob", ["ok"]);
	await expect.poll(added).toEqual(["Bob: ok"]);
	await server.post(id, BOB, "Bob", ["ok"]);
	await expect.poll(added).toEqual(["Bob: ok", "Bob: ok"]);
});
