/** A web site that signs its users' tokens. Its page uses the built SDK, bundled for browsers. */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import type { BrowserContext, Page } from "playwright-core";
import { build } from "rolldown";
import { expect, onTestFinished } from "vitest";
import { token } from "../../../server/test/support/token.ts";
import type {} from "./page/app.ts";

const TIMEOUT_MS = 60_000;
const HTML = '<!doctype html><script type="module" src="/app.js"></script>';

/** Built once per test file. */
let bundle: Promise<ReadonlyMap<string, string>> | undefined;

/** Bundles the page's script and the SDK; returns modules by path. Fails if a browser would miss a module. */
function bundled(): Promise<ReadonlyMap<string, string>> {
	bundle ??= build({
		input: fileURLToPath(new URL("page/app.ts", import.meta.url)),
		platform: "browser",
		write: false,
		onLog(level, log) {
			if (level === "warn") throw new Error(log.message);
		},
	}).then(
		({ output }) =>
			new Map(
				output.map((it) => [
					`/${it.fileName}`,
					it.type === "chunk" ? it.code : "",
				]),
			),
	);
	return bundle;
}

/** User and server of a page. */
export interface Visit {
	/** The server's URL. */
	readonly server: string;
	readonly user: string;
	readonly conversation: string;
	/** Any text: the tabs share a socket. */
	readonly share?: string;
}

export class Site {
	readonly origin: string;
	/** Creates the tokens; if it throws, the page gets none. */
	tokens: (userId: string) => Promise<string> = token;
	/** The pages' own Content-Security-Policy. */
	policy: string | undefined;

	private constructor(origin: string) {
		this.origin = origin;
	}

	/** Starts on a free port, until the end of the test. @param host host name for the browser */
	static async start(host = "localhost"): Promise<Site> {
		const modules = await bundled();
		const listener = createServer((request, response) => {
			const { pathname, searchParams } = new URL(
				request.url ?? "",
				"http://localhost",
			);
			switch (pathname) {
				case "/":
					if (site.policy)
						response.setHeader("Content-Security-Policy", site.policy);
					response.setHeader("Content-Type", "text/html").end(HTML);
					break;
				case "/token":
					void site.#answerToken(searchParams.get("user") ?? "", response);
					break;
				default: {
					const code = modules.get(pathname);
					if (code === undefined) response.writeHead(404).end();
					else response.setHeader("Content-Type", "text/javascript").end(code);
				}
			}
		});
		await new Promise<void>((resolve) =>
			listener.listen(0, "127.0.0.1", () => resolve()),
		);
		const { port } = listener.address() as AddressInfo;
		const site = new Site(`http://${host}:${port}`);
		onTestFinished(() => {
			listener.close();
			listener.closeAllConnections();
		});
		return site;
	}

	address(visit: Visit): string {
		return `${this.origin}/?${new URLSearchParams({ ...visit })}`;
	}

	/** Opens a new tab of a browser. */
	async open(context: BrowserContext, visit: Visit): Promise<Page> {
		const page = await context.newPage();
		await page.goto(this.address(visit));
		return page;
	}

	async #answerToken(userId: string, response: ServerResponse): Promise<void> {
		try {
			response.end(await this.tokens(userId));
		} catch {
			response.writeHead(503).end();
		}
	}
}

/** Polls a value of a page until it equals the expected one. @param look runs in the page, where `app` exists */
export async function shows<T>(
	page: Page,
	look: () => T | Promise<T>,
	expected: T,
): Promise<void> {
	await expect
		.poll(() => page.evaluate(look), { timeout: TIMEOUT_MS, interval: 20 })
		.toEqual(expected);
}

/** Waits until a page's connection is ready. @param nth number of ready connections by then */
export async function isReady(page: Page, nth = 1): Promise<void> {
	await shows(page, () => app.ready(), nth);
}

/** Returns `m1` to `m3`, for example. */
export function numbered(prefix: string, from: number, to: number): string[] {
	return Array.from(
		{ length: to - from + 1 },
		(_, i) => `${prefix}${from + i}`,
	);
}

/** Kills the process of a tab. Its memory is lost, and it sends no close frame. */
export async function crash(page: Page): Promise<void> {
	const devtools = await page.context().newCDPSession(page);
	const crashed = page.waitForEvent("crash");
	// The crashed tab never answers.
	devtools.send("Page.crash").catch(() => {});
	await crashed;
}
