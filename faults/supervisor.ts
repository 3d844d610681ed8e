/** Starts the server as its users do, says how long that took, and starts it again after it has ended. */
import { type ChildProcess, spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { rest } from "./load/http.ts";
import { SECRET } from "./load/token.ts";

/** A server that can be run: the build of this repository, or a mutant. */
export interface Program {
	readonly name: string;
	/** Arguments for Node, up to the command `serve`. */
	readonly nodeArgs: readonly string[];
}

export interface Ending {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
	/** What it said on standard error. */
	readonly stderr: string;
}

export interface ServeOptions {
	readonly data: string;
	readonly args?: readonly string[];
	readonly env?: Readonly<Record<string, string>>;
}

const START_TIMEOUT_MS = 30_000;

export class Supervisor {
	/** Milliseconds from each start of the process to its first answer that it is ready. */
	readonly readyMs: number[] = [];
	readonly #program: Program;
	readonly #options: ServeOptions;
	#child: ChildProcess | undefined;
	#ended: Promise<Ending> = Promise.resolve({
		code: 0,
		signal: null,
		stderr: "",
	});
	#address: string | undefined;

	constructor(program: Program, options: ServeOptions) {
		this.#program = program;
		this.#options = options;
	}

	/** `host:port`, while the server runs. */
	get endpoint(): string | undefined {
		return this.#address;
	}
	/** @throws while the server does not run. */
	get address(): string {
		if (this.#address === undefined)
			throw new Error("the server is not running");
		return this.#address;
	}
	get pid(): number {
		const { pid } = this.#child ?? {};
		if (pid === undefined) throw new Error("the server is not running");
		return pid;
	}
	/** How the process that was started last has ended, or will. */
	get ended(): Promise<Ending> {
		return this.#ended;
	}

	/** Starts it, and waits until it says that it is ready. @throws with what it said, if it ends instead. */
	async start(): Promise<void> {
		const began = performance.now();
		const { data, args = [], env = {} } = this.#options;
		const child = spawn(
			process.execPath,
			[
				...this.#program.nodeArgs,
				"serve",
				"--port=0",
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
				if (this.#child === child) this.#address = undefined;
				resolve({ code, signal, stderr: stderr() });
			});
		});
		const port = await this.#servingPort(child);
		const address = `127.0.0.1:${port}`;
		const { status } = await rest(address, "GET", "/readyz", "");
		if (status !== 200) throw new Error(`GET /readyz: ${status}`);
		this.readyMs.push(performance.now() - began);
		this.#address = address;
	}

	signal(signal: NodeJS.Signals): void {
		this.#child?.kill(signal);
	}

	/** Ends it without a word to it, and waits until it is gone. */
	async kill(): Promise<Ending> {
		this.signal("SIGKILL");
		return this.#ended;
	}

	/** The port of the line in which it says that it serves. */
	#servingPort(child: ChildProcess): Promise<number> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(
				() => reject(new Error(`no server after ${START_TIMEOUT_MS} ms`)),
				START_TIMEOUT_MS,
			);
			let said = "";
			child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
				if (said === "done") return;
				said += chunk;
				const [, port] = /"port":(\d+),.*"msg":"serving"/.exec(said) ?? [];
				if (port === undefined) return;
				said = "done";
				clearTimeout(timer);
				resolve(Number(port));
			});
			void this.#ended.then(({ code, signal, stderr }) => {
				clearTimeout(timer);
				reject(new Error(`it ended with ${code ?? signal}: ${stderr}`));
			});
		});
	}
}

/** Keeps the end of what a stream says. */
function tail(stream: NodeJS.ReadableStream | null): () => string {
	let said = "";
	stream?.setEncoding("utf8");
	stream?.on("data", (chunk: string) => {
		said = (said + chunk).slice(-4000);
	});
	return () => said.trim();
}
