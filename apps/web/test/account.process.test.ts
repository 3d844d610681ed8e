/** Data of an account, and the page without the browser's storage. */
import { randomUUID } from "node:crypto";
import type { BrowserContext } from "playwright-core";
import { expect, test } from "vitest";
import { token } from "../../../packages/server/test/support/token.ts";
import { ChatPage, type Look } from "./support/chat-page.ts";
import { sharedServer } from "./support/shared-server.ts";

const server = sharedServer();

const ALICE = randomUUID();
const BOB = randomUUID();

test("a draft survives a reload; after sign-out it is gone, also for the next account", async () => {
	const id = await server.conversation(ALICE, [BOB], "Lunch");
	const alice = await ChatPage.open(await server.link(ALICE, "Alice", id));
	await alice.isReady();
	await alice.field.fill("Alice's secret");
	await alice.page.reload();
	await alice.isReady();
	expect(await alice.field.inputValue()).toBe("Alice's secret");

	await alice.page.getByRole("button", { name: "Sign out" }).click();
	const field = alice.page.getByRole("textbox", { name: "Access token" });
	await field.waitFor();
	expect(await alice.page.title()).toBe("SecureConnect");
	expect(new URL(alice.page.url()).hash).not.toContain(id);
	expect(
		await alice.page.evaluate(() => JSON.stringify({ ...sessionStorage })),
	).not.toContain("secret");
	await field.fill(await token(BOB, { name: "Bob" }));
	await alice.page.getByRole("button", { name: "Sign in" }).click();
	await alice.list.getByRole("link", { name: /Lunch/ }).click();
	await alice.isReady();
	expect(await alice.field.inputValue()).toBe("");
});

test("a link with a token signs in on an open page, and the new account does not get the first one's draft", async () => {
	const id = await server.conversation(ALICE, [BOB], "Lunch");
	const page = await ChatPage.open(await server.link(ALICE, "Alice", id));
	await page.isReady();
	await page.field.fill("Alice's");
	const link = new URL(await server.link(BOB, "Bob", id));
	await page.page.evaluate((hash) => {
		location.hash = hash;
	}, link.hash);
	await page.page.locator(".sidebar footer", { hasText: "Bob" }).waitFor();
	expect(new URL(page.page.url()).hash).toBe(`#/${id}`);
	await page.isReady();
	expect(await page.field.inputValue()).toBe("");
	await page.page.evaluate(() => {
		location.hash = "#token=no.token";
	});
	await page.sees("The link does not contain a valid token.");
	expect(page.page.url()).not.toContain("token=");
});

/** Makes every access to storage throw. */
async function denying(context: BrowserContext): Promise<void> {
	await context.addInitScript(() => {
		const denied = (): never => {
			throw new DOMException("denied", "SecurityError");
		};
		for (const name of ["localStorage", "sessionStorage"])
			Object.defineProperty(globalThis, name, { get: denied });
		IDBFactory.prototype.open = denied;
		LockManager.prototype.request = async () => denied();
	});
}

test.each<
	[string, Look, ((context: BrowserContext) => Promise<void>) | undefined]
>([
	["by Chromium's setting", { blocksSiteData: true }, undefined],
	["in every kind of storage", {}, denying],
])(
	"with site data blocked %s the page signs in, sends, and keeps drafts while it is open",
	async (_, look, prepare) => {
		const id = await server.conversation(ALICE, [BOB], "Lunch");
		const other = await server.conversation(ALICE, [BOB], "Dinner");
		const link = await server.link(ALICE, "Alice", id);
		const alice = await ChatPage.open(link, look, prepare);
		expect(
			await alice.page.evaluate(() => {
				try {
					return `${localStorage.length} kept`;
				} catch (error) {
					return (error as Error).name;
				}
			}),
		).toBe("SecurityError");
		await alice.isReady();
		await alice.say("without storage");
		await alice.shows(["without storage"]);
		await alice.field.fill("begun");
		await alice.list.locator(`[href="#/${other}"]`).click();
		await alice.page.getByRole("heading", { name: "Dinner" }).waitFor();
		await alice.page.goto(`${new URL(alice.page.url()).origin}/#/${id}`);
		await alice.page.getByRole("heading", { name: "Lunch" }).waitFor();
		expect(await alice.field.inputValue()).toBe("begun");
		await alice.page.getByRole("button", { name: "Dark colours" }).click();
		await alice.page.getByRole("button", { name: "Sign out" }).click();
		await alice.page.getByRole("textbox", { name: "Access token" }).waitFor();
	},
);
