/** Starts a real Chromium, and opens pages whose console runs lines as if a user pasted them. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
	type Browser,
	type BrowserContext,
	type BrowserContextOptions,
	chromium,
	type Page,
} from "playwright-core";
import { onTestFinished, type TestContext } from "vitest";
import { temporaryDirectory } from "../../../server/test/support/server.ts";

export const CHROMIUM_PATH = process.env.CHROMIUM_PATH ?? "/usr/bin/chromium";
/** Host name that the browser resolves to this machine. It is not a loopback name. */
export const FOREIGN_HOST = "evil.example";
const TIMEOUT_MS = 30_000;

let warned = false;

/** Skips the test if Chromium is missing. In CI it fails the test. */
export function needChromium(context: TestContext): void {
	if (existsSync(CHROMIUM_PATH)) return;
	const what = `there is no Chromium at ${CHROMIUM_PATH}: "apt-get install chromium", or set CHROMIUM_PATH`;
	if (process.env.CI === "true") throw new Error(what);
	if (!warned) console.warn(`skipped: ${what}`);
	warned = true;
	context.skip(what);
}

const LAUNCH = {
	// The script starts the browser of CHROMIUM_PATH.
	executablePath: join(import.meta.dirname, "chromium.sh"),
	headless: true,
	args: [
		"--no-sandbox",
		"--disable-gpu",
		"--disable-quic",
		"--no-first-run",
		"--disable-background-networking",
		"--disable-component-update",
		"--disable-sync",
		`--host-resolver-rules=MAP ${FOREIGN_HOST} 127.0.0.1`,
	],
};

/** A file that needs a browser within this time after the last one uses the same. */
const IDLE_MS = 10_000;
let launched: Promise<Browser> | undefined;
let idle: NodeJS.Timeout | undefined;

/** Returns the browser of the worker. Launches it if there is none, or if it has crashed. */
function browser(): Promise<Browser> {
	clearTimeout(idle);
	if (launched) return launched;
	const launching = chromium.launch(LAUNCH);
	const forget = (): void => {
		if (launched === launching) launched = undefined;
	};
	launching.then((it) => it.once("disconnected", forget), forget);
	launched = launching;
	return launching;
}

/** Opens a context for one test in the browser of its worker, with its own storage, cache and pages. */
export async function openBrowser(
	options: BrowserContextOptions = {},
): Promise<BrowserContext> {
	return untilFinished(await (await browser()).newContext(options));
}

/** Starts a browser with the setting that blocks cookies and other site data. */
export async function openBlockingBrowser(
	options: BrowserContextOptions = {},
): Promise<BrowserContext> {
	const profile = temporaryDirectory();
	mkdirSync(join(profile, "Default"));
	writeFileSync(
		join(profile, "Default/Preferences"),
		JSON.stringify({
			profile: { default_content_setting_values: { cookies: 2 } },
		}),
	);
	return untilFinished(
		await chromium.launchPersistentContext(profile, { ...LAUNCH, ...options }),
	);
}

function untilFinished(context: BrowserContext): BrowserContext {
	onTestFinished(() => context.close());
	context.setDefaultTimeout(TIMEOUT_MS);
	return context;
}

/**
 * Closes the browser, unless the next file of the worker needs it soon. Call it after all tests of a file. The browser
 * also ends with the worker.
 */
export function closeBrowser(): void {
	clearTimeout(idle);
	idle = setTimeout(() => {
		const unused = launched;
		launched = undefined;
		unused?.then((it) => it.close()).catch(() => {});
	}, IDLE_MS).unref();
}

/** Page with its console. It records the texts that the console shows. */
export class ConsolePage {
	readonly page: Page;
	readonly #run: (expression: string) => Promise<unknown>;
	readonly #shown: string[] = [];
	readonly #waiting = new Set<() => void>();

	private constructor(
		page: Page,
		run: (expression: string) => Promise<unknown>,
	) {
		this.page = page;
		this.#run = run;
		page.on("console", (message) => {
			this.#shown.push(message.text());
			for (const check of this.#waiting) check();
		});
	}

	static async open(
		context: BrowserContext,
		url: string,
	): Promise<ConsolePage> {
		const page = await context.newPage();
		const session = await context.newCDPSession(page);
		const opened = new ConsolePage(page, async (expression) => {
			// The console runs lines like this. The page's own policy stops an eval by the page, but not this.
			const { result, exceptionDetails } = await session.send(
				"Runtime.evaluate",
				{
					expression,
					replMode: true,
					awaitPromise: true,
					returnByValue: true,
				},
			);
			if (exceptionDetails)
				throw new Error(
					`${exceptionDetails.exception?.description ?? exceptionDetails.text}\n--- in: ${expression}`,
				);
			return result.value as unknown;
		});
		await page.goto(url);
		return opened;
	}

	/** Texts that the console has shown, oldest first. */
	get shown(): readonly string[] {
		return this.#shown;
	}

	/** Pastes lines into the console. Returns the value of the last line, as JSON would contain it. */
	paste(lines: string): Promise<unknown> {
		return this.#run(lines);
	}

	/** Resolves with the first matching text that the console has shown or will show. Rejects after half a minute. */
	untilShown(
		matches: (text: string) => boolean,
		what: string,
	): Promise<string> {
		return new Promise((resolve, reject) => {
			const check = (): void => {
				const found = this.#shown.find(matches);
				if (found === undefined) return;
				clearTimeout(timer);
				this.#waiting.delete(check);
				resolve(found);
			};
			const timer = setTimeout(() => {
				this.#waiting.delete(check);
				reject(
					new Error(
						`expected ${what} in the console of ${this.page.url()}, which shows:\n${this.#shown.join("\n")}`,
					),
				);
			}, TIMEOUT_MS);
			this.#waiting.add(check);
			check();
		});
	}
}
