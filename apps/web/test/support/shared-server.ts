/** A `serve --page` that all tests of a file share. Each test has its own users and conversations. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, beforeEach } from "vitest";
import {
	closeBrowser,
	needChromium,
} from "../../../../packages/cli/test/support/browser.ts";
import { SECURECONNECT } from "../../../../packages/cli/test/support/program.ts";
import {
	rest,
	serveArgs,
} from "../../../../packages/cli/test/support/server-process.ts";
import {
	SECRET,
	token,
} from "../../../../packages/server/test/support/token.ts";

/** Starts a server and a browser for all tests of a file. Call it once per file. */
export function sharedServer(): SharedServer {
	const server = new SharedServer();
	beforeEach(needChromium);
	beforeAll(() => server.start());
	afterAll(async () => {
		await closeBrowser();
		await server.stop();
	});
	return server;
}

export class SharedServer {
	#port = 0;
	#child: ChildProcess | undefined;
	#data = "";

	get port(): number {
		return this.#port;
	}
	/** `127.0.0.1:port` */
	get address(): string {
		return `127.0.0.1:${this.#port}`;
	}

	async start(): Promise<void> {
		this.#data = mkdtempSync(join(tmpdir(), "secureconnect-"));
		const child = spawn(
			process.execPath,
			[SECURECONNECT, ...serveArgs(this.#data), "--page"],
			{
				env: { ...process.env, SECURECONNECT_JWT_SECRET: SECRET },
				stdio: ["ignore", "pipe", "inherit"],
			},
		);
		this.#child = child;
		for await (const line of createInterface({ input: child.stdout })) {
			const { msg, port } = JSON.parse(line) as { msg: string; port: number };
			if (msg !== "serving") continue;
			child.stdout.resume();
			this.#port = port;
			return;
		}
		throw new Error("the server exited before it was ready");
	}

	async stop(): Promise<void> {
		if (this.#child?.exitCode === null) {
			const ended = once(this.#child, "exit");
			this.#child.kill("SIGTERM");
			await ended;
		}
		rmSync(this.#data, { recursive: true, force: true });
	}

	/** Creates a conversation; returns its id. */
	async conversation(
		owner: string,
		others: readonly string[],
		title?: string,
	): Promise<string> {
		const { body } = await rest(
			this,
			"POST",
			"/v1/conversations",
			await token(owner, { name: undefined }),
			{ ...(title === undefined ? {} : { title }), participant_ids: others },
		);
		return (body as { conversation_id: string }).conversation_id;
	}

	/** Sends messages over REST, in order. */
	async post(
		id: string,
		user: string,
		name: string,
		contents: readonly string[],
	): Promise<void> {
		const bearer = await token(user, { name });
		for (const content of contents)
			await rest(this, "POST", `/v1/conversations/${id}/messages`, bearer, {
				content,
			});
	}

	/** Returns the address that signs a user in and opens a conversation. @param host of a relay in front of the server */
	async link(
		user: string,
		name: string,
		id?: string,
		host = this.address,
	): Promise<string> {
		const query = `token=${await token(user, { name })}`;
		return `http://${host}/#${query}${id === undefined ? "" : `&conversation=${id}`}`;
	}
}
