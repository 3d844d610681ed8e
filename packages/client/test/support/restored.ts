/**
 * A server that is restored from a backup while clients are connected through a relay, in the way an operator does
 * it.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expect } from "vitest";
import { runToEnd, SECURECONNECT } from "../../../cli/test/support/program.ts";
import {
	rest,
	type ServerProcess,
	startServe,
} from "../../../cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../../server/test/support/server.ts";
import { token } from "../../../server/test/support/token.ts";
import { Relay } from "./relay.ts";

export class Restored {
	readonly relay: Relay;
	readonly #root: string;
	readonly #args: readonly string[];
	#server: ServerProcess;

	private constructor(
		server: ServerProcess,
		relay: Relay,
		root: string,
		args: readonly string[],
	) {
		this.#args = args;
		this.#server = server;
		this.relay = relay;
		this.#root = root;
	}

	/** Starts the server. @param args options of `serve` */
	static async start(...args: string[]): Promise<Restored> {
		const root = temporaryDirectory();
		const server = await startServe(join(root, "data"), args);
		return new Restored(server, await Relay.start(server.port), root, args);
	}

	get server(): ServerProcess {
		return this.#server;
	}

	/** Creates a conversation with its first user as the owner and the others as participants. */
	async conversation(...[owner = "", ...others]: string[]): Promise<string> {
		const id = randomUUID();
		expect(
			await rest(
				this.#server,
				"POST",
				"/v1/conversations",
				await token(owner),
				{ conversation_id: id, participant_ids: others },
			),
		).toMatchObject({ status: 201 });
		return id;
	}

	/** Stores messages over REST. */
	async post(id: string, userId: string, contents: string[]): Promise<void> {
		const bearer = await token(userId);
		for (const content of contents)
			expect(
				await rest(
					this.#server,
					"POST",
					`/v1/conversations/${id}/messages`,
					bearer,
					{ content },
				),
			).toMatchObject({ status: 201 });
	}

	async backUp(): Promise<void> {
		await ran("backup", this.#at("backup"), "--data", this.#at("data"));
	}

	/** Kills the server and starts it on the backup. Clients reach it after {@link comeBack}. */
	async goBack(): Promise<void> {
		this.relay.isDown = true;
		await this.#server.program.killHard();
		this.relay.cut();
		await ran("restore", this.#at("backup"), "--data", this.#at("restored"));
		this.#server = await startServe(this.#at("restored"), this.#args);
	}

	comeBack(): void {
		this.relay.target = this.#server.port;
		this.relay.isDown = false;
	}

	#at(name: string): string {
		return join(this.#root, name);
	}
}

async function ran(...args: string[]): Promise<void> {
	const { code, stderr } = await runToEnd(args);
	expect(code, `${SECURECONNECT} ${args[0]}: ${stderr}`).toBe(0);
}
