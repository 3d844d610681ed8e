/** A `serve --page` that all tests of a file share: each test has users and conversations of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SECURECONNECT } from "../../../../packages/cli/test/support/program.ts";
import {
	rest,
	serveArgs,
} from "../../../../packages/cli/test/support/server-process.ts";
import {
	SECRET,
	token,
} from "../../../../packages/server/test/support/token.ts";

export class SharedServer {
	/** `127.0.0.1:port` */
	readonly address: string;
	readonly #child: ChildProcess;
	readonly #data: string;

	private constructor(port: number, child: ChildProcess, data: string) {
		this.address = `127.0.0.1:${port}`;
		this.#child = child;
		this.#data = data;
	}

	static async start(): Promise<SharedServer> {
		const data = mkdtempSync(join(tmpdir(), "secureconnect-"));
		const child = spawn(
			process.execPath,
			[SECURECONNECT, ...serveArgs(data), "--page"],
			{
				env: { ...process.env, SECURECONNECT_JWT_SECRET: SECRET },
				stdio: ["ignore", "pipe", "inherit"],
			},
		);
		for await (const line of createInterface({ input: child.stdout })) {
			const { msg, port } = JSON.parse(line) as { msg: string; port: number };
			if (msg !== "serving") continue;
			child.stdout.resume();
			return new SharedServer(port, child, data);
		}
		throw new Error("the server ended before it served");
	}

	async stop(): Promise<void> {
		const ended = once(this.#child, "exit");
		this.#child.kill("SIGTERM");
		await ended;
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

	/** The address that signs a user in and opens a conversation. */
	async link(user: string, name: string, id?: string): Promise<string> {
		const query = `token=${await token(user, { name })}`;
		return `http://${this.address}/#${query}${id === undefined ? "" : `&conversation=${id}`}`;
	}
}
