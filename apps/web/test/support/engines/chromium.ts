/** Chromium, driven by playwright-core over its DevTools protocol. */
import {
	CHROMIUM_PATH,
	openBrowser,
} from "../../../../../packages/cli/test/support/browser.ts";
import type { Browser, Engine, Tab } from "./engine.ts";

export const CHROMIUM: Engine = {
	name: "Chromium",
	needs: { chromium: CHROMIUM_PATH },
	async launch(): Promise<Browser> {
		return { open };
	},
};

async function open(): Promise<Tab> {
	const context = await openBrowser();
	const page = await context.newPage();
	return {
		async goTo(url) {
			await page.goto(url);
		},
		async reload() {
			await page.reload();
		},
		clickAt: (x, y) => page.mouse.click(x, y),
		type: (text) => page.keyboard.type(text),
		setOffline: (isOffline) => context.setOffline(isOffline),
		evaluate: (expression) => page.evaluate<string>(expression),
	};
}
