/** Fields and menus with real keys, pointers and input methods: they follow the user and show the state of the page. */
import { randomUUID } from "node:crypto";
import type { Locator, Page } from "playwright-core";
import { expect, test } from "vitest";
import { connect } from "../../../packages/cli/test/support/server-process.ts";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

/** Opens a conversation of Alice, its owner, with Bob, whose name the server knows. */
async function lunch(): Promise<ChatPage> {
	const [alice, bob] = [randomUUID(), randomUUID()];
	const id = await server.conversation(alice, [bob], "Lunch");
	const bearer = await token(bob, { name: "Bob" });
	const live = await connect(server, id, "", { bearer });
	await live.settle();
	await live.close();
	const it = await ChatPage.open(await server.link(alice, "Alice", id));
	await it.isReady();
	return it;
}

/** Returns the words of the element that has the focus, or its tag. */
function focused(page: Page): Promise<string> {
	return page.evaluate(() => {
		const { activeElement: it } = document;
		return it?.getAttribute("aria-label") ?? it?.textContent ?? "";
	});
}

test("proposed names follow the cursor, and Enter after a chosen name sends the message", async () => {
	const it = await lunch();
	const names = it.page.getByRole("listbox", { name: "People" });
	await it.field.pressSequentially("hi @Bo");
	await names.waitFor();
	await it.field.press("Home");
	await names.waitFor({ state: "detached" });
	await it.field.press("End");
	await names.waitFor();
	await it.field.press("Escape");
	await names.waitFor({ state: "detached" });
	await it.field.press("ArrowLeft");
	await names.waitFor();
	await it.field.press("End");
	await it.field.press("Enter");
	await names.waitFor({ state: "detached" });
	expect(await it.field.inputValue()).toBe("hi @Bob ");
	await it.field.press("Enter");
	await it.shows(["hi @Bob "]);
});

test("a list of roles shows the user's role until the server has changed it", async () => {
	const it = await lunch();
	const { page } = it;
	await page.getByRole("button", { name: "People" }).click();
	const people = page.getByRole("dialog", { name: "People" });
	const role = people.getByRole("combobox", { name: "Role of Alice" });
	const question = page.getByRole("alertdialog");
	expect(await role.inputValue()).toBe("owner");
	await role.selectOption("member");
	await question.waitFor();
	// A press in the question is none outside of the dialog below it.
	await question.getByRole("heading").click();
	await question.getByRole("button", { name: "Cancel" }).click();
	await question.waitFor({ state: "detached" });
	expect(await role.inputValue()).toBe("owner");
	await role.selectOption("member");
	await question.getByRole("button", { name: "Give up" }).click();
	await people.getByRole("alert").waitFor();
	expect(await role.inputValue()).toBe("owner");
	// Chromium logs the refusal.
	await expect.poll(() => it.wrong.join()).toContain("409");
	it.wrong.splice(0);
	// A second refusal changes nothing on the page.
	await role.selectOption("member");
	await question.getByRole("button", { name: "Give up" }).click();
	await question.waitFor({ state: "detached" });
	await expect.poll(() => it.wrong.join()).toContain("409");
	it.wrong.splice(0);
	expect(await role.inputValue()).toBe("owner");
});

test("a submenu opens by pointer and by keys, and closes alone", async () => {
	const it = await lunch();
	const { page } = it;
	const row = it.list.getByRole("link", { name: /Lunch/ });
	const menus = page.getByRole("menu");
	const mute = page.getByRole("menuitem", { name: "Mute" });
	const hour = page.getByRole("menuitem", { name: "For 1 hour" });
	await row.click({ button: "right" });
	await mute.hover();
	await hour.waitFor();
	// The pointer moves from the one menu to the other in steps.
	await between(page, mute, hour);
	expect(await menus.count()).toBe(2);
	await page.keyboard.press("Escape");
	await hour.waitFor({ state: "detached" });
	await expect.poll(() => focused(page)).toMatch(/^Mute/);
	await page.keyboard.press("Escape");
	await menus.first().waitFor({ state: "detached" });
	await expect.poll(() => focused(page)).toMatch(/^LLunch/);
	await page.keyboard.press("Shift+F10");
	await expect.poll(() => focused(page)).toBe("Lunch");
	for (const name of [/^Mark/, /^Add/, /^Mute/]) {
		await page.keyboard.press("ArrowDown");
		await expect.poll(() => focused(page)).toMatch(name);
	}
	await page.keyboard.press("ArrowRight");
	await expect.poll(() => focused(page)).toMatch(/^For 1 hour/);
	await page.keyboard.press("ArrowDown");
	await expect.poll(() => focused(page)).toMatch(/^For 8 hours/);
	await page.keyboard.press("ArrowLeft");
	await hour.waitFor({ state: "detached" });
	await expect.poll(() => focused(page)).toMatch(/^Mute/);
	await page.keyboard.press("ArrowRight");
	await expect.poll(() => focused(page)).toMatch(/^For 1 hour/);
	await page.keyboard.press("Enter");
	await row.getByText("muted").waitFor();
	await menus.first().waitFor({ state: "detached" });
	await expect.poll(() => focused(page)).toMatch(/^LLunch/);
});

async function between(page: Page, from: Locator, to: Locator): Promise<void> {
	const [a, b] = [await from.boundingBox(), await to.boundingBox()];
	if (!a || !b) throw new Error("an item has no box");
	await page.mouse.move(a.x + a.width / 2, a.y + a.height / 2);
	await page.mouse.move(b.x + b.width / 2, b.y + b.height / 2, { steps: 20 });
}

test("an input method composes in a field that filters", async () => {
	const it = await lunch();
	const { page } = it;
	const filter = it.page.getByRole("searchbox", { name: "Filter" });
	expect(await filter.getAttribute("spellcheck")).toBe("false");
	await filter.focus();
	const devtools = await it.context.newCDPSession(page);
	for (const text of ["l", "lu", "lun"]) {
		await devtools.send("Input.imeSetComposition", {
			text,
			selectionStart: text.length,
			selectionEnd: text.length,
		});
		expect(await filter.inputValue()).toBe(text);
	}
	await devtools.send("Input.insertText", { text: "lunch" });
	expect(await filter.inputValue()).toBe("lunch");
	await it.list.getByRole("link", { name: /Lunch/ }).waitFor();
	await devtools.send("Input.imeSetComposition", {
		text: "x",
		selectionStart: 1,
		selectionEnd: 1,
	});
	await it.list
		.getByRole("link", { name: /Lunch/ })
		.waitFor({ state: "detached" });
});
