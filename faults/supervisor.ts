/** Starts the server as users do, measures how long that takes, and starts it again after it has ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { createServer } from "node:net";
import { delimiter, dirname } from "node:path";
import { rest } from "./load/http.ts";
import { SECRET } from "./load/token.ts";

/** Runnable server: the build of this repository or a mutant. */
export interface Program {
	readonly name: string;
	/** Arguments for Node before the command `serve`. */
	readonly nodeArgs: readonly string[];
}

export interface Ending {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	/** Its output on standard error. */
	readonly stderr: string;
}

export interface ServeOptions {
	readonly data: string;
	readonly args?: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
}

const START_TIMEOUT_MS = 30_000;
/**
 * Below the ports that the kernel assigns to clients. Otherwise a client that connects to a port without a server can
 * be assigned the same port, connect to itself, and block the server.
 */
const PORTS = [20_000, 32_000] as const;

export class Supervisor {
	/** Milliseconds from each start of the process to its first successful answer on `/readyz`. */
	readonly readyMs: number[] = [];
	/** Time of each start, on the clock of `performance.now()`. */
	readonly startedAt: number[] = [];
	readonly #program: Program;
	readonly #options: ServeOptions;
	#child: ChildProcess | undefined;
	#ended: Promise<Ending> = Promise.resolve({
		code: 0,
		signal: null,
		stderr: "",
	});

	/** `host:port`, the same for every start. */
	readonly address: string;

	private constructor(program: Program, options: ServeOptions, port: number) {
		this.#program = program;
		this.#options = options;
		this.address = `127.0.0.1:${port}`;
	}

	static async create(
		program: Program,
		options: ServeOptions,
	): Promise<Supervisor> {
		return new Supervisor(program, options, await freePort());
	}

	get pid(): number {
		const { pid } = this.#child ?? {};
		if (pid === undefined) throw new Error("the server is not running");
		return pid;
	}
	get isRunning(): boolean {
		const { exitCode, signalCode } = this.#child ?? { exitCode: 0 };
		return exitCode === null && signalCode === null;
	}
	/** Resolves when the current process ends. */
	get ended(): Promise<Ending> {
		return this.#ended;
	}

	/** Starts the server and waits until it is ready. @throws with its output if it ends instead */
	async start(): Promise<void> {
		const began = performance.now();
		this.startedAt.push(began);
		const { data, args = [], env = {} } = this.#options;
		const child = spawn(
			process.execPath,
			[
				...this.#program.nodeArgs,
				"serve",
				`--port=${this.address.split(":")[1]}`,
				`--data=${data}`,
				...args,
			],
			{
				stdio: ["ignore", "pipe", "pipe"],
				env: {
					PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH}`,
					SECURECONNECT_JWT_SECRET: SECRET,
					...env,
				},
			},
		);
		this.#child = child;
		const stderr = tail(child.stderr);
		this.#ended = new Promise((resolve) => {
			child.once("close", (code, signal) => {
				resolve({ code, signal, stderr: stderr() });
			});
		});
		await this.#serving(child);
		const { status } = await rest(this.address, "GET", "/readyz", "");
		if (status !== 200) throw new Error(`GET /readyz: ${status}`);
		this.readyMs.push(performance.now() - began);
	}

	signal(signal: NodeJS.Signals): void {
		this.#child?.kill(signal);
	}

	/** Kills the server and waits until it is gone. */
	async kill(): Promise<Ending> {
		this.signal("SIGKILL");
		return this.#ended;
	}

	/** Resolves when the server reports that it serves. */
	#serving(child: ChildProcess): Promise<void> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(
				() =>
					reject(
						new Error(`the server did not start within ${START_TIMEOUT_MS} ms`),
					),
				START_TIMEOUT_MS,
			);
			let said = "";
			child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
				said = (said + chunk).slice(-1000);
				if (!said.includes('"msg":"serving"')) return;
				clearTimeout(timer);
				resolve();
			});
			void this.#ended.then(({ code, signal, stderr }) => {
				clearTimeout(timer);
				reject(new Error(`the server ended with ${code ?? signal}: ${stderr}`));
			});
		});
	}
}

/** Keeps the end of a stream's output. */
function tail(stream: NodeJS.ReadableStream | null): () => string {
	let said = "";
	stream?.setEncoding("utf8");
	stream?.on("data", (chunk: string) => {
		said = (said + chunk).slice(-4000);
	});
	return () => said.trim();
}

async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(...PORTS);
		const server = createServer();
		const isFree = await new Promise<boolean>((resolve) => {
			server.once("error", () => resolve(false));
			server.listen({ port, host: "127.0.0.1" }, () => resolve(true));
		});
		await new Promise((resolve) => server.close(resolve));
		if (isFree) return port;
	}
}
