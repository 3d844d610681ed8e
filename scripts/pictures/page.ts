/** Draws the chat page of a development server with four users: light, dark, and on a phone. */
import type { Browser, Page } from "playwright-core";
import { DevServer } from "../../apps/web/measure/server.ts";
import { save } from "./save.ts";

export async function drawPage(browser: Browser): Promise<void> {
	const server = await DevServer.start();
	try {
		await scene(browser, server.origin);
	} finally {
		server.stop();
	}
}

async function scene(browser: Browser, origin: string): Promise<void> {
	const desktop = { width: 1180, height: 720 };
	const alice = await open(browser, origin, "alice", "light", desktop);
	await begin(alice, "Climbing on Saturday", "Carol", "Dave");
	await say(alice, "Who has the long rope?");
	await begin(alice, "", "Carol");
	const carol = await open(browser, origin, "carol", "light", desktop);
	await carol
		.locator(".conversation-item", {
			has: carol.locator(".title", { hasText: /^Alice$/ }),
		})
		.click();
	await begin(alice, "Release 1.0", "Bob", "Carol");
	await say(carol, "Did you get the tickets?");
	const bob = await open(browser, origin, "bob", "dark", desktop);
	await bob.getByRole("link", { name: /Release/ }).click();
	await carol.evaluate(() => dispatchEvent(new Event("focus")));
	await carol.getByRole("link", { name: /Release/ }).click();
	await say(alice, "Good morning! Did last night's run come through?");
	await say(
		bob,
		"It did: 200 kills under load, nothing lost.",
		"The report is at https://example.com/runs/2026-11-24",
	);
	await say(
		carol,
		"Then I would tag it before lunch, if nobody minds.\nThe notes are written, and the pictures are new.",
	);
	await say(alice, "Go ahead. I bring the cake.");
	await alice.getByText("Read by").last().waitFor();
	await field(bob).pressSequentially("Chocolate");
	await alice.getByText("is typing").waitFor();
	await alice.evaluate(() => dispatchEvent(new Event("focus")));
	await alice.locator(".unread").first().waitFor();
	await save(alice, "page");
	await save(bob, "page-night");
	const phone = await open(browser, origin, "carol", "dark", {
		width: 390,
		height: 780,
	});
	await phone.goto(`${origin}/?as=carol${new URL(alice.url()).hash}`);
	await phone.getByText("I bring the cake").last().waitFor();
	await save(phone, "page-phone");
}

async function open(
	from: Browser,
	origin: string,
	person: string,
	theme: "light" | "dark",
	size: { width: number; height: number },
): Promise<Page> {
	const isPhone = size.width < 500;
	const context = await from.newContext({
		viewport: size,
		colorScheme: theme,
		locale: "en-GB",
		deviceScaleFactor: isPhone ? 2 : 1,
		isMobile: isPhone,
		hasTouch: isPhone,
	});
	const page = await context.newPage();
	await page.goto(`${origin}/?as=${person}`);
	await field(page).waitFor();
	return page;
}

function field(page: Page) {
	return page.getByRole("textbox", { name: /^Message to/ });
}

async function say(page: Page, ...lines: readonly string[]): Promise<void> {
	for (const line of lines) {
		await field(page).fill(line);
		await page.getByRole("button", { name: "Send" }).click();
		await page.getByText(line).last().waitFor();
		await page.locator('[data-status="queued"], [data-status="sent"]').waitFor({
			state: "detached",
		});
	}
}

async function begin(
	page: Page,
	title: string,
	...people: readonly string[]
): Promise<void> {
	await page.getByRole("button", { name: "New conversation" }).click();
	const dialog = page.getByRole("dialog", { name: "New conversation" });
	await dialog.getByRole("textbox", { name: /^Title/ }).fill(title);
	for (const name of people)
		await dialog.getByRole("checkbox", { name }).check();
	await dialog.getByRole("button", { name: "Create" }).click();
	await dialog.waitFor({ state: "detached" });
	await field(page).waitFor();
}
