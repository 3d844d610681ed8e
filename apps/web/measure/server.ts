/** Development server with many messages, in a separate process. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const COMMAND = join(
	import.meta.dirname,
	"../../../packages/cli/bin/secureconnect.js",
);
/** Maximum number of unacknowledged messages. */
const AT_ONCE = 100;

export class DevServer {
	readonly origin: string;
	readonly #child: ChildProcess;
	readonly #data: string;

	private constructor(origin: string, child: ChildProcess, data: string) {
		this.origin = origin;
		this.#child = child;
		this.#data = data;
	}

	static async start(): Promise<DevServer> {
		const data = mkdtempSync(join(tmpdir(), "secureconnect-"));
		const child = spawn(
			process.execPath,
			[COMMAND, "dev", "--port", "0", "--data", data],
			{ stdio: ["ignore", "pipe", "inherit"] },
		);
		let said = "";
		for await (const text of child.stdout.setEncoding("utf8")) {
			said += String(text);
			const [, origin] = /Open {2}(http:\/\/\S+)\/ /.exec(said) ?? [];
			if (origin) return new DevServer(origin, child, data);
		}
		throw new Error(`the server has no page: ${said}`);
	}

	stop(): void {
		this.#child.kill("SIGKILL");
		rmSync(this.#data, { recursive: true, force: true });
	}

	/** Bob, who writes without a page. */
	async bob(): Promise<Sender> {
		const response = await fetch(`${this.origin}/dev/sign-in`, {
			method: "POST",
			headers: { "Content-Type": "application/json", Origin: this.origin },
			body: '{"person":"bob"}',
		});
		const { token, conversation_id: id } = (await response.json()) as {
			token: string;
			conversation_id: string;
		};
		const socket = new WebSocket(
			`${this.origin.replace("http", "ws")}/v1/ws/chat?conversation_id=${id}&access_token=${token}`,
		);
		await new Promise((resolve, reject) => {
			socket.onopen = resolve;
			socket.onerror = reject;
		});
		return new Sender(socket);
	}
}

export class Sender {
	readonly #socket: WebSocket;
	#stored = 0;
	#sent = 0;
	#wake: () => void = () => {};

	constructor(socket: WebSocket) {
		this.#socket = socket;
		socket.onmessage = ({ data }) => {
			if (!String(data).includes('"type":"chat"')) return;
			this.#stored++;
			this.#wake();
		};
	}

	say(content: string): void {
		this.#sent++;
		this.#socket.send(JSON.stringify({ type: "chat", content }));
	}

	/** Sends `count` messages as fast as the server stores them. */
	async fill(count: number): Promise<void> {
		for (let n = 1; n <= count; n++) {
			this.say(`${n}: ${WORDS.slice(0, 20 + ((n * 37) % 180))}`);
			while (this.#sent - this.#stored >= AT_ONCE)
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
		}
		while (this.#stored < this.#sent)
			await new Promise<void>((resolve) => {
				this.#wake = resolve;
			});
	}

	close(): void {
		this.#socket.close(1000);
	}
}

const WORDS =
	"Lunch at noon? The usual place, or shall we try the new one near the river? I have heard good things about it, and it is only five minutes further. See https://example.com/menu for what there is today.";
