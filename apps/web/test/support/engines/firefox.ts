/** Firefox, driven over WebDriver BiDi (https://w3c.github.io/webdriver-bidi/): JSON over a WebSocket. */
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { start } from "../../../../../packages/cli/test/support/program.ts";
import { temporaryDirectory } from "../../../../../packages/server/test/support/server.ts";
import { clickActions, keyActions } from "./actions.ts";
import type { Browser, Engine, Tab } from "./engine.ts";

export const FIREFOX: Engine = {
	name: "Firefox",
	needs: { "firefox-esr": "/usr/bin/firefox-esr" },
	async launch(): Promise<Browser> {
		const bidi = await Bidi.open(await startFirefox());
		await bidi.send("session.new", { capabilities: {} });
		return { open: () => open(bidi) };
	},
};

async function open(bidi: Bidi): Promise<Tab> {
	const { userContext } = await bidi.send<{ userContext: string }>(
		"browser.createUserContext",
		{},
	);
	const { context } = await bidi.send<{ context: string }>(
		"browsingContext.create",
		{ type: "window", userContext },
	);
	const perform = async (actions: unknown): Promise<void> => {
		await bidi.send("input.performActions", { context, actions });
	};
	return {
		async goTo(url) {
			const wait = "complete";
			await bidi.send("browsingContext.navigate", { context, url, wait });
		},
		async reload() {
			await bidi.send("browsingContext.reload", { context, wait: "complete" });
		},
		clickAt: (x, y) => perform(clickActions(x, y)),
		type: (text) => perform(keyActions(text)),
		async setOffline(isOffline) {
			await bidi.send("emulation.setNetworkConditions", {
				networkConditions: isOffline ? { type: "offline" } : null,
				contexts: [context],
			});
		},
		async evaluate(expression) {
			const { result, exceptionDetails } = await bidi.send<Evaluated>(
				"script.evaluate",
				{ expression, target: { context }, awaitPromise: true },
			);
			if (result) return result.value;
			throw new Error(`${exceptionDetails?.text}\n--- in: ${expression}`);
		},
	};
}

interface Evaluated {
	readonly result?: { readonly value: string };
	readonly exceptionDetails?: { readonly text: string };
}

/** Starts Firefox with an empty profile; returns the address of its BiDi end point. */
async function startFirefox(): Promise<string> {
	// Firefox refuses to run as root in a home directory that root does not own.
	const home = temporaryDirectory();
	const firefox = start(
		"firefox-esr",
		["--headless", "--profile", home, "--remote-debugging-port", "0"],
		// The processes of its tabs end with the group.
		{ detached: true, env: { HOME: home } },
	);
	return firefox.until(
		() => /WebDriver BiDi listening on (ws:\S+)/.exec(firefox.stderr)?.[1],
		"the address of its BiDi end point",
	);
}

/** BiDi connection that matches each command with its answer. */
class Bidi {
	readonly #socket: WebSocket;
	readonly #pending = new Map<number, (answer: Answer) => void>();
	#lastId = 0;

	private constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.on("message", (data) => {
			const answer = JSON.parse(String(data)) as Answer;
			if (answer.id !== undefined) this.#pending.get(answer.id)?.(answer);
		});
	}

	static async open(url: string): Promise<Bidi> {
		const socket = new WebSocket(`${url}/session`);
		onTestFinished(() => socket.terminate());
		await once(socket, "open");
		return new Bidi(socket);
	}

	async send<T = unknown>(method: string, params: unknown): Promise<T> {
		const id = ++this.#lastId;
		const { promise, resolve } = Promise.withResolvers<Answer>();
		this.#pending.set(id, resolve);
		this.#socket.send(JSON.stringify({ id, method, params }));
		const { type, result, error, message } = await promise;
		this.#pending.delete(id);
		if (type !== "success") throw new Error(`${method}: ${error} ${message}`);
		return result as T;
	}
}

interface Answer {
	readonly id?: number;
	readonly type: "success" | "error" | "event";
	readonly result?: unknown;
	readonly error?: string;
	readonly message?: string;
}
