/** A real terminal around a command: tmux, which keeps the screen that the command has drawn. */
import { execFileSync, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, type TestContext } from "vitest";
import { temporaryDirectory } from "../../../server/test/support/server.ts";
import { ROOT, SECURECONNECT } from "./program.ts";

const TIMEOUT_MS = 30_000;
const POLL_MS = 30;

/** Skips the test where there is no tmux; in CI that is a failure. */
export function needTmux(context: TestContext): void {
	if (spawnSync("tmux", ["-V"]).status === 0) return;
	const what = 'there is no tmux: "apt-get install tmux"';
	if (process.env.CI === "true") throw new Error(what);
	context.skip(what);
}

export interface TerminalOptions {
	readonly columns?: number;
	readonly rows?: number;
	readonly env?: Readonly<Record<string, string>>;
	readonly cwd?: string;
}

export class Terminal {
	readonly #socket = `secureconnect-${randomUUID()}`;
	readonly #outputFile: string;

	/**
	 * Runs `secureconnect` with these arguments, or a line as it is pasted, between two lines of a shell; ends with the
	 * test.
	 */
	constructor(
		command: readonly string[] | string,
		{ columns = 80, rows = 24, env = {}, cwd = ROOT }: TerminalOptions = {},
	) {
		const line =
			typeof command === "string"
				? command
				: `"${process.execPath}" "${SECURECONNECT}" ${command.map((arg) => `'${arg}'`).join(" ")}`;
		const directory = temporaryDirectory();
		this.#outputFile = join(directory, "output");
		const variables = Object.entries({ ...env, LC_ALL: "C.UTF-8", TZ: "UTC" });
		onTestFinished(() => {
			spawnSync("tmux", ["-L", this.#socket, "kill-server"]);
		});
		this.#tmux(
			...["-f", "/dev/null", "new-session", "-d", "-c", cwd],
			...["-x", String(columns), "-y", String(rows)],
			...variables.flatMap(([name, value]) => ["-e", `${name}=${value}`]),
			// It waits until everything that is written is recorded.
			`read -r _; echo BEFORE; ${line}; echo "EXIT $?"; exec cat`,
		);
		this.#tmux("set-option", "-g", "status", "off");
		this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
		this.#tmux("pipe-pane", "-O", `cat >> "${this.#outputFile}"`);
		this.keys("Enter");
	}

	/** The lines on the screen, without spaces at their ends. */
	get screen(): string[] {
		return this.#tmux("capture-pane", "-p").split("\n").slice(0, -1);
	}
	/** The same as text. */
	get text(): string {
		return this.screen.join("\n");
	}
	/** Every byte that was written to the terminal, as text. */
	get output(): string {
		return readFileSync(this.#outputFile, "utf8");
	}

	/** What the terminal itself is like, by tmux's names: `alternate_on`, `cursor_x`, `wrap_flag`. */
	state(...names: readonly string[]): string[] {
		const format = names.map((name) => `#{${name}}`).join(" ");
		return this.#tmux("display-message", "-p", format).trimEnd().split(" ");
	}

	/** Types text as it stands. */
	type(text: string): void {
		this.#tmux("send-keys", "-l", text);
	}

	/** Writes over the screen, as another program does that has the same terminal. */
	write(text: string): void {
		const [tty = ""] = this.state("pane_tty");
		writeFileSync(tty, text);
	}

	/** Presses keys by tmux's names: `Enter`, `C-a`, `PPage`. */
	keys(...names: readonly string[]): void {
		this.#tmux("send-keys", ...names);
	}

	/** Pastes, as a terminal does where a program has asked to be told of it. */
	paste(text: string): void {
		execFileSync("tmux", ["-L", this.#socket, "load-buffer", "-"], {
			input: text,
		});
		this.#tmux("paste-buffer", "-p", "-r");
	}

	resize(columns: number, rows: number): void {
		this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
	}

	/** Waits until the screen is as described, and returns it. */
	async until(
		holds: RegExp | ((screen: string[]) => boolean),
		what = String(holds),
	): Promise<string[]> {
		const end = performance.now() + TIMEOUT_MS;
		for (;;) {
			const { screen } = this;
			if (
				holds instanceof RegExp ? holds.test(screen.join("\n")) : holds(screen)
			)
				return screen;
			if (performance.now() > end)
				throw new Error(
					`expected ${what} on the screen, but there is\n${screen.join("\n")}`,
				);
			await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		}
	}

	#tmux(...args: readonly string[]): string {
		// Programs draw without colours where they believe that nobody looks.
		const { CI: _, ...env } = process.env;
		return execFileSync("tmux", ["-L", this.#socket, "-u", ...args], {
			encoding: "utf8",
			env,
			stdio: ["ignore", "pipe", "pipe"],
		});
	}
}
