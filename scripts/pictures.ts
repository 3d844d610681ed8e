/** Takes the pictures of the README, of a server of its own. Run by hand after a build; wants Chromium. */
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { DevServer } from "../apps/web/measure/server.ts";

const DIRECTORY = join(import.meta.dirname, "../docs/pictures");
const MOST_BYTES = 200_000;

const server = await DevServer.start();
const browser = await chromium.launch({
	executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
	args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
});

async function open(
	from: Browser,
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
	await page.goto(`${server.origin}/?as=${person}`);
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

async function picture(page: Page, name: string): Promise<void> {
	const path = join(DIRECTORY, `${name}.png`);
	await page.screenshot({ path, animations: "disabled", caret: "hide" });
	const { size } = statSync(path);
	if (size > MOST_BYTES) throw new Error(`${name}.png has ${size} bytes`);
}

try {
	mkdirSync(DIRECTORY, { recursive: true });
	const desktop = { width: 1180, height: 720 };
	const alice = await open(browser, "alice", "light", desktop);
	await begin(alice, "Climbing on Saturday", "Carol", "Dave");
	await say(alice, "Who has the long rope?");
	await begin(alice, "", "Carol");
	const carol = await open(browser, "carol", "light", desktop);
	await carol
		.locator(".conversation-item", {
			has: carol.locator(".title", { hasText: /^Alice$/ }),
		})
		.click();
	await begin(alice, "Release 1.0", "Bob", "Carol");
	await say(carol, "Did you get the tickets?");
	const bob = await open(browser, "bob", "dark", desktop);
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
	await picture(alice, "page");
	await picture(bob, "page-night");
	const phone = await open(browser, "carol", "dark", {
		width: 390,
		height: 780,
	});
	await phone.goto(`${server.origin}/?as=carol${new URL(alice.url()).hash}`);
	await phone.getByText("I bring the cake").last().waitFor();
	await picture(phone, "page-phone");
} finally {
	await browser.close();
	server.stop();
}
