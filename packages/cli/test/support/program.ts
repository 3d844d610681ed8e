/** Starts real processes, records their output, and ends them after the test. */
import { type ChildProcess, spawn } from "node:child_process";
import { delimiter, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
/** Path of the command as the package ships it. It runs the build. */
export const SECURECONNECT = fileURLToPath(
	new URL("../../bin/secureconnect.js", import.meta.url),
);
const TIMEOUT_MS = 30_000;

export interface Exit {
	readonly code: number | null;
	readonly signal: NodeJS.Signals | null;
}

export interface SpawnOptions {
	readonly cwd?: string;
	readonly env?: Readonly<Record<string, string>>;
	/** Starts the process in its own process group, so that `kill` signals the whole group, as a terminal does. */
	readonly detached?: boolean;
}

/** Process with its whole output. */
export class Program {
	readonly exited: Promise<Exit>;
	readonly #child: ChildProcess;
	readonly #name: string;
	readonly #detached: boolean;
	readonly #waiting = new Set<() => void>();
	#stdout = "";
	#stderr = "";
	#exit: Exit | undefined;

	/** Starts a process. It does not end with the test; {@link start} adds that. */
	constructor(
		command: string,
		args: readonly string[],
		options: SpawnOptions = {},
	) {
		this.#name = [command, ...args].join(" ").slice(0, 200);
		this.#detached = options.detached ?? false;
		this.#child = spawn(command, args, {
			cwd: options.cwd ?? ROOT,
			env: environment(options.env),
			detached: this.#detached,
			stdio: ["pipe", "pipe", "pipe"],
		});
		this.#child.stdin?.on("error", () => {});
		this.#child.stdout?.setEncoding("utf8").on("data", (text: string) => {
			this.#stdout += text;
			this.#changed();
		});
		this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
			this.#stderr += text;
			this.#changed();
		});
		this.exited = new Promise((resolve, reject) => {
			this.#child.once("error", reject);
			// At "close" the whole output has been read; at "exit" some may still be in the pipe.
			this.#child.once("close", (code, signal) => {
				this.#exit = { code, signal };
				resolve(this.#exit);
				this.#changed();
			});
		});
		this.exited.catch(() => {});
	}

	get stdout(): string {
		return this.#stdout;
	}
	get stderr(): string {
		return this.#stderr;
	}
	get lines(): string[] {
		return this.#stdout.split("\n").filter((line) => line !== "");
	}
	get pid(): number {
		const { pid } = this.#child;
		if (pid === undefined) throw new Error(`${this.#name} did not start`);
		return pid;
	}
	get isRunning(): boolean {
		return this.#exit === undefined;
	}

	/** Writes a line to standard input, which stays open. */
	type(line: string | Uint8Array): void {
		this.#child.stdin?.write(line);
		this.#child.stdin?.write("\n");
	}

	/** Ends standard input after the lines written before. */
	endInput(): void {
		this.#child.stdin?.end();
	}

	kill(signal: NodeJS.Signals): void {
		if (!this.isRunning) return;
		if (this.#detached) process.kill(-this.pid, signal);
		else this.#child.kill(signal);
	}

	/** Kills the process with SIGKILL and waits until it is gone. */
	async killHard(): Promise<void> {
		this.kill("SIGKILL");
		await this.exited;
	}

	/**
	 * Resolves with the result of `find`, called now and after each output, as soon as it is defined. Rejects when the
	 * process has ended or the time is over.
	 */
	until<T>(
		find: () => T | undefined,
		what: string,
		timeoutMs = TIMEOUT_MS,
	): Promise<T> {
		return new Promise((resolve, reject) => {
			const check = (): void => {
				try {
					const found = find();
					if (found === undefined && this.isRunning) return;
					if (found === undefined) throw this.#missed(what, "it ended");
					resolve(found);
				} catch (error) {
					reject(error);
				}
				clearTimeout(timer);
				this.#waiting.delete(check);
			};
			const timer = setTimeout(() => {
				this.#waiting.delete(check);
				reject(this.#missed(what, `waited ${timeoutMs} ms`));
			}, timeoutMs);
			this.#waiting.add(check);
			check();
		});
	}

	/** Resolves with the first match of a pattern in standard output. */
	untilPrinted(
		pattern: RegExp,
		timeoutMs = TIMEOUT_MS,
	): Promise<RegExpExecArray> {
		return this.until(
			() => pattern.exec(this.#stdout) ?? undefined,
			`${pattern} on its standard output`,
			timeoutMs,
		);
	}

	/** Resolves with the exit of the process. Rejects if the process runs longer than `timeoutMs`. */
	async ending(timeoutMs = TIMEOUT_MS): Promise<Exit> {
		return this.until(() => this.#exit, "it to end", timeoutMs);
	}

	#changed(): void {
		for (const check of this.#waiting) check();
	}

	#missed(what: string, why: string): Error {
		const ended = this.#exit ? `, exit ${JSON.stringify(this.#exit)}` : "";
		return new Error(
			`expected ${what} of "${this.#name}", but ${why}${ended}\n--- stdout:\n${this.#stdout.slice(-2000)}\n--- stderr:\n${this.#stderr.slice(-2000)}`,
		);
	}
}

/** Starts a process and kills it after the test if it still runs. */
export function start(
	command: string,
	args: readonly string[],
	options: SpawnOptions = {},
): Program {
	const program = new Program(command, args, options);
	onTestFinished(() => program.killHard());
	return program;
}

/** Runs `secureconnect` to its end. Kills it and rejects if it runs longer than `timeoutMs`. */
export async function runToEnd(
	args: readonly string[],
	env: Readonly<Record<string, string>> = {},
	timeoutMs = TIMEOUT_MS,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
	const program = new Program(process.execPath, [SECURECONNECT, ...args], {
		env,
	});
	try {
		const { code } = await program.ending(timeoutMs);
		return { code, stdout: program.stdout, stderr: program.stderr };
	} finally {
		await program.killHard();
	}
}

/**
 * Returns the environment of this process without the variables that a developer, npm or the test runner may have set.
 * PATH begins with the directory of this Node.
 */
function environment(
	extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
	const kept: Record<string, string> = {};
	for (const [name, value] of Object.entries(process.env))
		if (
			value !== undefined &&
			!/^(SECURECONNECT_|VITEST|npm_|NODE_OPTIONS$|NODE_ENV$)/.test(name)
		)
			kept[name] = value;
	kept.PATH = `${dirname(process.execPath)}${delimiter}${kept.PATH}`;
	return { ...kept, ...extra };
}
