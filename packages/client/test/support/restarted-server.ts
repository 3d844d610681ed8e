/** A server that the plan kills, drains, or keeps from writing, and that starts again on the same data and port. */
import { createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import {
	type ServerProcess,
	startServe,
} from "../../../cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../../server/test/support/server.ts";
import type { ServerAct } from "./chaos-plan.ts";

/** Time for a start next to hundreds of clients. */
const START_MS = 60_000;
/** The client checks after this silence, and the server cuts a peer without an answer after this time. */
const HEARTBEAT = ["--ping-interval-ms", "5000", "--pong-timeout-ms", "8000"];

/** Successive servers on one data directory and port. */
export class RestartedServer {
	readonly port: number;
	readonly #data: string;
	#now: ServerProcess | undefined;

	private constructor(port: number, data: string) {
		this.port = port;
		this.#data = data;
	}

	static async start(): Promise<RestartedServer> {
		const server = new RestartedServer(await fixedPort(), temporaryDirectory());
		await server.#start();
		return server;
	}

	get now(): ServerProcess {
		if (!this.#now) throw new Error("the server was not started");
		return this.#now;
	}

	async #start(): Promise<void> {
		const port = ["--port", String(this.port)];
		const args = [...port, ...HEARTBEAT];
		this.#now = await startServe(this.#data, args, {}, START_MS);
	}

	async perform(acts: readonly ServerAct[]): Promise<void> {
		const begun = performance.now();
		for (const { at, kind, ms } of acts) {
			await passed(begun + at - performance.now());
			if (kind === "busy") {
				const other = new DatabaseSync(join(this.#data, "messages.db"));
				other.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
				await passed(500 + ms);
				other.exec("ROLLBACK");
				other.close();
				continue;
			}
			const { program } = this.now;
			if (kind === "kill") await program.killHard();
			else {
				program.kill("SIGTERM");
				await program.exited;
			}
			await passed(ms);
			await this.#start();
		}
	}

	async stop(): Promise<void> {
		await this.now.program.killHard();
	}
}

/** Resolves after this many milliseconds. */
export function passed(ms: number): Promise<void> {
	return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
}

/** Returns a free port that no outgoing connection takes while the server is away. */
async function fixedPort(): Promise<number> {
	for (;;) {
		const port = 20_000 + Math.floor(Math.random() * 12_000);
		const isFree = await new Promise<boolean>((resolve) => {
			const probe = createServer();
			probe.once("error", () => resolve(false));
			probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
		});
		if (isFree) return port;
	}
}
