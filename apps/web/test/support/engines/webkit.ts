/** WebKitGTK's MiniBrowser, driven over WebDriver (https://www.w3.org/TR/webdriver2/): JSON over HTTP. */
import { globSync } from "node:fs";
import { vi } from "vitest";
import { start } from "../../../../../packages/cli/test/support/program.ts";
import { freePort } from "../../../../../packages/cli/test/support/reverse-proxy.ts";
import { temporaryDirectory } from "../../../../../packages/server/test/support/server.ts";
import { clickActions, keyActions } from "./actions.ts";
import type { Browser, Engine, Tab } from "./engine.ts";

const DRIVER = "/usr/bin/WebKitWebDriver";
const TIMEOUT_MS = 30_000;

export const WEBKIT: Engine = {
	name: "WebKit",
	needs: { "webkit2gtk-driver": DRIVER, xvfb: "/usr/bin/Xvfb" },
	async launch(): Promise<Browser> {
		return { open };
	},
};

async function open(): Promise<Tab> {
	const session = await Session.open();
	const evaluate = (expression: string): Promise<string> =>
		session.send("POST", "/execute/sync", {
			script: `return ${expression}`,
			args: [],
		});
	return {
		async goTo(url) {
			await session.send("POST", "/url", { url });
		},
		async reload() {
			await session.send("POST", "/refresh", {});
		},
		async clickAt(x, y) {
			await session.send("POST", "/actions", { actions: clickActions(x, y) });
		},
		async type(text) {
			await session.send("POST", "/actions", { actions: keyActions(text) });
		},
		// WebDriver has no command for this. The page gets the event, and the caller must cut the network.
		async setOffline(isOffline) {
			await evaluate(
				`String(dispatchEvent(new Event("${isOffline ? "offline" : "online"}")))`,
			);
		},
		evaluate,
	};
}

/** Starts a separate browser, because a driver has one session and a session one profile. */
class Session {
	readonly #url: string;

	private constructor(url: string) {
		this.#url = url;
	}

	static async open(): Promise<Session> {
		const [display, port] = await Promise.all([startDisplay(), freePort()]);
		const driver = `http://127.0.0.1:${port}`;
		const home = temporaryDirectory();
		start(DRIVER, [`--port=${port}`, "--host=127.0.0.1"], {
			// The browser ends with the group.
			detached: true,
			env: {
				DISPLAY: display,
				HOME: home,
				XDG_CONFIG_HOME: home,
				XDG_CACHE_HOME: home,
				XDG_DATA_HOME: home,
				XDG_RUNTIME_DIR: home,
				// The test machine has no D-Bus for a screen reader.
				NO_AT_BRIDGE: "1",
				// bubblewrap needs user namespaces, and compositing needs a graphics card.
				WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: "1",
				WEBKIT_DISABLE_COMPOSITING_MODE: "1",
			},
		});
		await vi.waitFor(() => send("GET", `${driver}/status`), {
			timeout: TIMEOUT_MS,
			interval: 20,
		});
		const browser = { binary: miniBrowser(), args: ["--automation"] };
		const { sessionId } = await send<{ sessionId: string }>(
			"POST",
			`${driver}/session`,
			{
				capabilities: { alwaysMatch: { "webkitgtk:browserOptions": browser } },
			},
		);
		return new Session(`${driver}/session/${sessionId}`);
	}

	send<T>(method: "GET" | "POST", path: string, body: unknown): Promise<T> {
		return send<T>(method, this.#url + path, body);
	}
}

/** Starts a screen in memory; returns its name for X clients. */
async function startDisplay(): Promise<string> {
	const screen = ["-screen", "0", "1280x800x24"];
	const xvfb = start("Xvfb", ["-displayfd", "1", ...screen]);
	const [, number] = await xvfb.untilPrinted(/^(\d+)\n/);
	return `:${number}`;
}

/** Finds MiniBrowser. The package installs it in a directory named after the machine's architecture. */
function miniBrowser(): string {
	const [found] = globSync("/usr/lib/*/webkit2gtk-4.?/MiniBrowser");
	if (!found) throw new Error("MiniBrowser not found");
	return found;
}

async function send<T>(
	method: "GET" | "POST",
	url: string,
	body?: unknown,
): Promise<T> {
	const response = await fetch(url, {
		method,
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	const { value } = (await response.json()) as { value: T };
	if (!response.ok)
		throw new Error(`${method} ${url}: ${JSON.stringify(value)}`);
	return value;
}
