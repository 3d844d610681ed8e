import { type ChildProcess, spawn } from "node:child_process";
import { missingTools } from "./tools.ts";

export function missingStrace(): string | undefined {
	return missingTools("strace");
}

/** Lets system calls of a running process on some files fail, from the resolution of `attach` until `detach`. */
export class Strace {
	readonly #child: ChildProcess;
	readonly #exited: Promise<void>;
	#said = "";

	private constructor(child: ChildProcess) {
		this.#child = child;
		this.#exited = new Promise((resolve) =>
			child.once("close", () => resolve()),
		);
		child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
			this.#said += chunk;
		});
	}

	/**
	 * @param inject argument of strace's `--inject`
	 * @param files files whose calls fail
	 * @throws if this machine does not allow tracing
	 */
	static async attach(
		pid: number,
		inject: string,
		files: readonly string[],
	): Promise<Strace> {
		const strace = new Strace(
			spawn(
				"strace",
				[
					"-f",
					"-p",
					String(pid),
					"-e",
					`inject=${inject}`,
					...files.flatMap((file) => ["-P", file]),
				],
				{ stdio: ["ignore", "ignore", "pipe"] },
			),
		);
		await strace.#hears(/attached/);
		return strace;
	}

	/** Resolves when a call has failed. */
	injected(): Promise<void> {
		return this.#hears(/\(INJECTED\)/);
	}

	/** Lets calls succeed again. */
	async detach(): Promise<void> {
		this.#child.kill("SIGTERM");
		await this.#exited;
	}

	#hears(what: RegExp): Promise<void> {
		return new Promise((resolve, reject) => {
			const check = (): void => {
				if (!what.test(this.#said)) return;
				this.#child.stderr?.off("data", check);
				resolve();
			};
			this.#child.stderr?.on("data", check);
			check();
			void this.#exited.then(() => {
				check();
				reject(new Error(`strace ended: ${this.#said.slice(-500)}`));
			});
		});
	}
}
