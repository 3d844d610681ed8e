import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SECRET } from "./load/token.ts";
import { placed } from "./placement.ts";
import { cpuSecondsOf, diskMiB, memoryOf } from "./process.ts";

const PROGRAM = join(
	import.meta.dirname,
	"../packages/cli/bin/secureconnect.js",
);
const START_TIMEOUT_MS = 30_000;
const QUIET_SAMPLE_MS = 500;
const QUIET_CPU_SECONDS = 0.025;
const QUIET_SAMPLES = 40;

export interface ServerOptions {
	/** `--max-old-space-size` in MiB; Node's own choice without it. */
	readonly heapMiB?: number | undefined;
	/** Whether the server gets the cores that README.md describes. */
	readonly isPlaced: boolean;
}

const running = new Set<Server>();

/** Ends every server of this process and removes its data. */
export async function closeAll(): Promise<void> {
	await Promise.all([...running].map((server) => server.close()));
}

/** Built server in a separate process, with default settings and a new data directory. */
export class Server {
	readonly pid: number;
	readonly port: number;
	/** Number of bytes that the server has written to its log output. */
	logBytes = 0;
	/** Exit of the server, once it has ended: exit code or signal, and the end of its standard error. */
	exit: string | undefined;
	readonly #child: ChildProcess;
	readonly #data: string;
	readonly #gone: Promise<void>;

	private constructor(child: ChildProcess, data: string, port: number) {
		this.#child = child;
		this.#data = data;
		this.port = port;
		this.pid = Number(child.pid);
		let stderr = "";
		child.stderr?.on("data", (chunk) => {
			stderr = (stderr + String(chunk)).slice(-2000);
		});
		child.stdout?.on("data", (chunk: Buffer) => {
			this.logBytes += chunk.length;
		});
		this.#gone = new Promise((resolve) => {
			child.once("close", (code, signal) => {
				this.exit = `${code ?? signal}: ${stderr}`.trim();
				resolve();
			});
		});
	}

	/** Starts the server. @throws {Error} if it does not serve */
	static async start({ heapMiB, isPlaced }: ServerOptions): Promise<Server> {
		const data = mkdtempSync(join(tmpdir(), "secureconnect-abuse-"));
		const command = [
			process.execPath,
			PROGRAM,
			"serve",
			"--port=0",
			`--data=${data}`,
		];
		const [program = "", ...args] = isPlaced
			? placed("server", command)
			: command;
		const child = spawn(program, args, {
			stdio: ["ignore", "pipe", "pipe"],
			env: {
				PATH: process.env.PATH,
				SECURECONNECT_JWT_SECRET: SECRET,
				...(heapMiB === undefined
					? {}
					: { NODE_OPTIONS: `--max-old-space-size=${heapMiB}` }),
			},
		});
		const server = new Server(child, data, await portOf(child));
		running.add(server);
		return server;
	}

	get isRunning(): boolean {
		return this.exit === undefined;
	}

	/** Returns the memory of the server; 0 once it has ended. */
	rssMiB(): number {
		return memoryOf(this.pid)?.rssMiB ?? 0;
	}

	/** Waits until `exit` has its value, if the process has ended. */
	async noticeExit(): Promise<void> {
		if (memoryOf(this.pid) === undefined) await this.#gone;
	}

	diskMiB(): number {
		return diskMiB(this.#data);
	}

	/** Waits until the server uses almost no CPU, so that earlier work does not count in the next measurement. */
	async quiet(): Promise<void> {
		for (let i = 0; i < QUIET_SAMPLES && this.isRunning; i++) {
			const before = cpuSecondsOf(this.pid);
			await new Promise((resolve) => setTimeout(resolve, QUIET_SAMPLE_MS));
			if (!this.isRunning) return;
			if (cpuSecondsOf(this.pid) - before <= QUIET_CPU_SECONDS) return;
		}
	}

	async close(): Promise<void> {
		running.delete(this);
		this.#child.kill("SIGKILL");
		await this.#gone;
		rmSync(this.#data, { recursive: true, force: true });
	}
}

function portOf(child: ChildProcess): Promise<number> {
	return new Promise((resolve, reject) => {
		let said = "";
		const timer = setTimeout(
			() =>
				reject(
					new Error(`the server did not start within ${START_TIMEOUT_MS} ms`),
				),
			START_TIMEOUT_MS,
		);
		const listen = (chunk: Buffer): void => {
			said += String(chunk);
			const port = /^.*"port":(\d+).*\n/m.exec(said)?.[1];
			if (port === undefined) return;
			clearTimeout(timer);
			child.stdout?.off("data", listen);
			resolve(Number(port));
		};
		child.stdout?.on("data", listen);
		child.once("exit", (code) => {
			clearTimeout(timer);
			reject(new Error(`the server ended with ${code}: ${said}`));
		});
	});
}
