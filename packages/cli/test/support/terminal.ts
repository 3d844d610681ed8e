/** Runs a command in a real terminal, tmux, which keeps the screen that the command draws. */
import { execFileSync, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished, type TestContext } from "vitest";
import { temporaryDirectory } from "../../../server/test/support/server.ts";
import { ROOT, SECURECONNECT } from "./program.ts";

const TIMEOUT_MS = 30_000;
const POLL_MS = 30;

/** Skips the test if tmux is missing. In CI it fails the test. */
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
	 * Runs `secureconnect` with these arguments, or a pasted line, in a shell that prints a line before and after it.
	 * The terminal ends with the test.
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
			// The shell waits for Enter, so that `pipe-pane` records the whole output.
			`read -r _; echo BEFORE; ${line}; echo "EXIT $?"; exec cat`,
		);
		this.#tmux("set-option", "-g", "status", "off");
		this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
		this.#tmux("pipe-pane", "-O", `cat >> "${this.#outputFile}"`);
		this.keys("Enter");
	}

	/** Lines on the screen, without trailing spaces. */
	get screen(): string[] {
		return this.#tmux("capture-pane", "-p").split("\n").slice(0, -1);
	}
	/** Screen as text. */
	get text(): string {
		return this.screen.join("\n");
	}
	/** All bytes written to the terminal, as text. */
	get output(): string {
		return readFileSync(this.#outputFile, "utf8");
	}

	/** Returns values of the terminal's state by tmux's names: `alternate_on`, `cursor_x`, `wrap_flag`. */
	state(...names: readonly string[]): string[] {
		const format = names.map((name) => `#{${name}}`).join(" ");
		return this.#tmux("display-message", "-p", format).trimEnd().split(" ");
	}

	/** Types text literally. */
	type(text: string): void {
		this.#tmux("send-keys", "-l", text);
	}

	/** Writes to the terminal, as a second program on the same terminal would. */
	write(text: string): void {
		const [tty = ""] = this.state("pane_tty");
		writeFileSync(tty, text);
	}

	/** Presses keys, by tmux's names: `Enter`, `C-a`, `PPage`. */
	keys(...names: readonly string[]): void {
		this.#tmux("send-keys", ...names);
	}

	/** Pastes text in brackets if the program has turned on bracketed paste. */
	paste(text: string): void {
		execFileSync("tmux", ["-L", this.#socket, "load-buffer", "-"], {
			input: text,
		});
		this.#tmux("paste-buffer", "-p", "-r");
	}

	resize(columns: number, rows: number): void {
		this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
	}

	/** Waits until the screen matches, and returns it. */
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
		// Programs draw without colours if CI is set.
		const { CI: _, ...env } = process.env;
		return execFileSync("tmux", ["-L", this.#socket, "-u", ...args], {
			encoding: "utf8",
			env,
			stdio: ["ignore", "pipe", "pipe"],
		});
	}
}
