/**
 * Two users, a conversation, a server in a separate process, and a relay with faults between one user and the
 * server.
 */
import { randomUUID } from "node:crypto";
import type { BrowserContext } from "playwright-core";
import { expect } from "vitest";
import { openBrowser } from "../../../cli/test/support/browser.ts";
import {
	connect,
	history,
	type ServerProcess,
	startServe,
} from "../../../cli/test/support/server-process.ts";
import type { TestClient } from "../../../server/test/support/client.ts";
import { temporaryDirectory } from "../../../server/test/support/server.ts";
import { token } from "../../../server/test/support/token.ts";
import { Relay } from "./relay.ts";
import { Site, type Visit } from "./site.ts";

export class Scene {
	readonly context: BrowserContext;
	readonly site: Site;
	readonly relay: Relay;
	/** Alice, through the relay. */
	readonly alice: Visit;

	#server: ServerProcess;
	readonly #start: () => Promise<ServerProcess>;

	private constructor(
		context: BrowserContext,
		site: Site,
		server: ServerProcess,
		relay: Relay,
		start: () => Promise<ServerProcess>,
	) {
		this.context = context;
		this.site = site;
		this.relay = relay;
		this.#server = server;
		this.#start = start;
		this.alice = {
			server: relay.url,
			user: randomUUID(),
			conversation: randomUUID(),
		};
	}

	/**
	 * Sets up the scene.
	 * @param env settings of the server
	 * @param host host name of the site for the browser
	 */
	static async set(
		env: Readonly<Record<string, string>> = {},
		host?: string,
	): Promise<Scene> {
		const data = temporaryDirectory();
		const site = await Site.start(host);
		const start = (): Promise<ServerProcess> =>
			startServe(data, [], {
				SECURECONNECT_CONVERSATIONS: "open",
				SECURECONNECT_ALLOWED_ORIGINS: site.origin,
				...env,
			});
		const [server, context] = await Promise.all([start(), openBrowser()]);
		const relay = await Relay.start(server.port);
		return new Scene(context, site, server, relay, start);
	}

	/** Kills the server with kill -9. */
	async killServer(): Promise<void> {
		await this.#server.program.killHard();
	}

	/** Starts a new process on the same data. */
	async restartServer(): Promise<void> {
		this.#server = await this.#start();
		this.relay.target = this.#server.port;
	}

	/** Connects Bob, without SDK, browser or relay. */
	bob(): Promise<TestClient> {
		return connect(this.#server, this.alice.conversation, randomUUID());
	}

	/** Returns the stored messages, oldest first. */
	async stored(): Promise<string[]> {
		const entries = await history(
			this.#server,
			this.alice.conversation,
			await token(this.alice.user),
		);
		expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, i) => i + 1));
		return entries.map(({ content }) => String(content));
	}
}

/** Returns the contents of the messages that a plain client received. */
export function contents(client: TestClient): unknown[] {
	return client.of("chat").map(({ content }) => content);
}
