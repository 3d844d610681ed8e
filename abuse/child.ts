import { type ChildProcess, spawn } from "node:child_process";
import { placed, type Role } from "./placement.ts";

/** Program of this folder in a separate process. It answers each message with one message. */
export class Child<Question extends object, Answer> {
	readonly #process: ChildProcess;
	readonly #gone: Promise<void>;

	/** Starts the program. @param role its placement; undefined for any core */
	constructor(file: string, args: readonly string[], role: Role | undefined) {
		const command = [process.execPath, file, ...args];
		const [program = "", ...rest] = role ? placed(role, command) : command;
		this.#process = spawn(program, rest, {
			stdio: ["ignore", "inherit", "inherit", "ipc"],
		});
		this.#gone = new Promise((resolve) => {
			this.#process.once("exit", () => resolve());
		});
	}

	/** Asks the program. @throws {Error} if it ends or does not answer in time */
	ask(question: Question, timeoutMs: number): Promise<Answer> {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				done();
				reject(new Error(`no answer to ${JSON.stringify(question)}`));
			}, timeoutMs);
			const onAnswer = (answer: unknown): void => {
				done();
				resolve(answer as Answer);
			};
			const onExit = (code: number | null): void => {
				done();
				reject(
					new Error(
						`the program ended with ${code}: ${JSON.stringify(question)}`,
					),
				);
			};
			const done = (): void => {
				clearTimeout(timer);
				this.#process.off("message", onAnswer);
				this.#process.off("exit", onExit);
			};
			this.#process.once("message", onAnswer);
			this.#process.once("exit", onExit);
			this.#process.send(question);
		});
	}

	async close(): Promise<void> {
		this.#process.kill("SIGKILL");
		await this.#gone;
	}
}

/** Answers the questions of the process that started this program. */
export function answering<Question, Answer>(
	answer: (question: Question) => Promise<Answer>,
): void {
	process.on("message", (question: Question) => {
		void answer(question).then((it) => process.send?.(it));
	});
	// The parent process is gone, so exit without a report.
	process.on("disconnect", () => process.exit(0));
}
