/** Shell in a real terminal, which tmux provides. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";

const TIMEOUT_MS = 20_000;
const POLL_MS = 30;

export class Shell {
	readonly #socket = `secureconnect-${randomUUID()}`;

	constructor(cwd: string, columns: number, rows: number) {
		const variables = {
			// Without this, bash shows a different prompt to root.
			...{ PROMPT_COMMAND: "PS1='$ '", LC_ALL: "C.UTF-8", TZ: "UTC" },
			PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
		};
		this.#tmux(
			...["-f", "/dev/null", "new-session", "-d", "-c", cwd],
			...["-x", String(columns), "-y", String(rows)],
			...Object.entries(variables).flatMap(([k, v]) => ["-e", `${k}=${v}`]),
			"bash --norc --noprofile",
		);
		this.#tmux("set-option", "-g", "status", "off");
		this.#tmux("resize-window", "-x", String(columns), "-y", String(rows));
	}

	type(text: string): void {
		this.#tmux("send-keys", "-l", text);
	}

	enter(): void {
		this.#tmux("send-keys", "Enter");
	}

	/** Waits until the screen matches, and returns the match. */
	async until(wanted: RegExp): Promise<RegExpExecArray> {
		const end = performance.now() + TIMEOUT_MS;
		for (;;) {
			const text = this.#tmux("capture-pane", "-p", "-J");
			const found = wanted.exec(text);
			if (found) return found;
			if (performance.now() > end)
				throw new Error(`the screen does not match ${wanted}:\n${text}`);
			await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		}
	}

	/** Returns the screen with its colour sequences and without line wraps, and the position of the cursor. */
	capture(): { text: string; cursor: [x: number, y: number] } {
		const at = "#{cursor_x} #{cursor_y}";
		const [x = 0, y = 0] = this.#tmux("display-message", "-p", at)
			.split(" ")
			.map(Number);
		return {
			text: this.#tmux("capture-pane", "-e", "-p", "-J"),
			cursor: [x, y],
		};
	}

	end(): void {
		this.#tmux("kill-server");
	}

	#tmux(...args: readonly string[]): string {
		// With CI set, programs print no colours.
		const { CI: _, ...env } = process.env;
		return execFileSync("tmux", ["-L", this.#socket, "-u", ...args], {
			encoding: "utf8",
			env,
		});
	}
}
