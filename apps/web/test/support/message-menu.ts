/** The rows of messages in a chat page, and their menus. */
import type { Locator } from "playwright-core";
import { expect } from "vitest";
import type { ChatPage } from "./chat-page.ts";

/** Returns the row of the main list that shows a text. */
export function row(page: ChatPage, text: string): Locator {
	return (
		page.page
			.locator(".pane .row")
			// Not the quotes in answers to the message.
			.filter({ has: page.page.locator(".text", { hasText: text }) })
			.last()
	);
}

/** Opens the menu of a message with the right button. */
export async function menu(page: ChatPage, text: string): Promise<Locator> {
	await row(page, text)
		.locator(".bubble .text")
		.first()
		.click({ button: "right" });
	const opened = page.page.getByRole("menu", { name: "Message" });
	await opened.waitFor();
	// Nothing covers or clips it.
	await expect
		.poll(() =>
			opened.evaluate((it) => {
				const { x, y, width, height } = it.getBoundingClientRect();
				return it.contains(
					document.elementFromPoint(x + width / 2, y + height / 2),
				);
			}),
		)
		.toBe(true);
	return opened;
}

/** Chooses an item of the menu of a message. */
export async function choose(
	page: ChatPage,
	text: string,
	item: string,
): Promise<void> {
	await (await menu(page, text))
		.getByRole("menuitem", { name: item, exact: true })
		.click();
}
