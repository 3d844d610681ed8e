/** Accessibility rules of axe, checked in a page. */
import axe from "axe-core";
import type { BrowserContext, Page } from "playwright-core";
import { type ChatPage, DESKTOP, type Look, PHONE } from "./chat-page.ts";

/** Returns the violations that axe finds in the current page, in both themes, as text. */
export async function violations({ page }: ChatPage): Promise<string[]> {
	const found: string[] = [];
	for (const colorScheme of ["light", "dark"] as const) {
		await page.emulateMedia({ colorScheme });
		for (const violation of await violationsNow(page))
			found.push(`${colorScheme}: ${violation}`);
	}
	return found;
}

function violationsNow(page: Page): Promise<string[]> {
	return page.evaluate(async () => {
		const { violations } = await (
			Reflect.get(globalThis, "axe") as {
				run(): Promise<{
					violations: {
						id: string;
						help: string;
						nodes: { html: string; failureSummary: string }[];
					}[];
				}>;
			}
		).run();
		return violations.flatMap(({ id, help, nodes }) =>
			nodes.map(
				({ html, failureSummary }) =>
					`${id}: ${help}: ${html.slice(0, 200)} ${failureSummary}`,
			),
		);
	});
}

/** Adds axe to a page before the page's content security policy can block it. */
export const withAxe = (context: BrowserContext): Promise<unknown> =>
	context.addInitScript({ content: axe.source });

export const looks: [string, Look][] = [
	["desktop", DESKTOP],
	["phone", PHONE],
];
