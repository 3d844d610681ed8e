/** The chat page in a real Chromium. Tests use it as users do: by its visible elements and the keyboard. */
import type { BrowserContext, Locator, Page } from "playwright-core";
import { expect, onTestFinished } from "vitest";
import {
	openBlockingBrowser,
	openBrowser,
} from "../../../../packages/cli/test/support/browser.ts";

const TIMEOUT_MS = 30_000;
/** Chromium logs these itself when a server is unreachable. */
const ABOUT_THE_NETWORK =
	/WebSocket connection to .* failed|Failed to load resource: net::/;

export interface Look {
	readonly width?: number;
	readonly height?: number;
	readonly theme?: "light" | "dark";
	readonly phone?: boolean;
	/** Time zone. */
	readonly zone?: string;
	/** Chromium's setting that blocks cookies and site data. */
	readonly blocksSiteData?: boolean;
}

export const DESKTOP: Look = { width: 1280, height: 800 };
export const PHONE: Look = { width: 390, height: 844, phone: true };

/** Page of one user. */
export class ChatPage {
	readonly page: Page;
	readonly context: BrowserContext;
	/** Errors and warnings of the console, uncaught errors, and violations of the page's content security policy. */
	readonly wrong: string[] = [];
	/** Every requested address. */
	readonly requests: string[] = [];

	readonly #isPhone: boolean;

	private constructor(page: Page, context: BrowserContext, isPhone: boolean) {
		this.#isPhone = isPhone;
		this.page = page;
		this.context = context;
		page.on("console", (message) => {
			if (!["error", "warning"].includes(message.type())) return;
			if (!ABOUT_THE_NETWORK.test(message.text()))
				this.wrong.push(message.text());
		});
		page.on("pageerror", (error) => this.wrong.push(String(error)));
		page.on("request", (request) => this.requests.push(request.url()));
		page.on("websocket", (socket) => this.requests.push(socket.url()));
	}

	/** Opens a separate browser with its own storage. Errors on the page fail the test. */
	static async open(
		url: string,
		look: Look = DESKTOP,
		prepare?: (context: BrowserContext) => Promise<unknown>,
	): Promise<ChatPage> {
		const { width = 1280, height = 800, theme = "light", phone = false } = look;
		const start = look.blocksSiteData ? openBlockingBrowser : openBrowser;
		const context = await start({
			viewport: { width, height },
			colorScheme: theme,
			hasTouch: phone,
			isMobile: phone,
			locale: "en-GB",
			...(look.zone === undefined ? {} : { timezoneId: look.zone }),
		});
		await prepare?.(context);
		const opened = new ChatPage(await context.newPage(), context, phone);
		onTestFinished(() => expect(opened.wrong).toEqual([]));
		await opened.page.goto(url);
		return opened;
	}

	get field(): Locator {
		return this.page.getByRole("textbox", { name: /^Message to/ });
	}
	get list(): Locator {
		return this.page.getByRole("navigation", { name: "Conversations" });
	}
	get banner(): Locator {
		return this.page.locator(".banner");
	}

	/** Waits until the composer is enabled and the history has loaded. */
	async isReady(): Promise<void> {
		await this.field.waitFor();
		await this.page
			.locator(".empty", { hasText: "Loading…" })
			.waitFor({ state: "detached" });
	}

	async say(...lines: readonly string[]): Promise<void> {
		for (const line of lines) {
			await this.field.fill(line);
			// On a phone Enter begins a line.
			if (this.#isPhone)
				await this.page.getByRole("button", { name: "Send" }).click();
			else await this.field.press("Enter");
		}
	}

	/** Returns the texts of the drawn bubbles, oldest first. */
	messages(): Promise<string[]> {
		return this.page.locator(".message .text").allInnerTexts();
	}

	/** Waits until the bubbles show these texts. */
	async shows(expected: readonly string[]): Promise<void> {
		await expect
			.poll(() => this.messages(), { timeout: TIMEOUT_MS, interval: 50 })
			.toEqual(expected);
	}

	/** Waits until the server has acknowledged this many of the user's own messages that are drawn. */
	async hasStored(count: number): Promise<void> {
		await expect
			.poll(() =>
				this.page
					.locator(
						'[data-status="stored"], [data-status="delivered"], [data-status="read"]',
					)
					.count(),
			)
			.toBe(count);
	}

	/** Waits for a text in the page. */
	async sees(text: string | RegExp): Promise<void> {
		await this.page.getByText(text).first().waitFor();
	}

	/** Waits until no element shows the text. */
	async seesNo(text: string | RegExp): Promise<void> {
		await this.page.getByText(text).first().waitFor({ state: "detached" });
	}
}
