import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

/** Frame as received, parsed. */
export type WireFrame = { type: string; timestamp: string } & Record<
	string,
	unknown
>;

export interface ConnectOptions {
	readonly protocols?: string[];
	readonly headers?: Record<string, string>;
	readonly autoPong?: boolean;
}

const TIMEOUT_MS = 30_000;

/** Plain WebSocket client that stores the received frames and waits for the frames that a test expects. */
export class TestClient {
	readonly ws: WebSocket;
	readonly frames: WireFrame[] = [];
	/** Settles when the connection is closed. */
	readonly closed: Promise<{ code: number; reason: string }>;
	readonly #waiting = new Set<() => void>();
	#cursor = 0;

	private constructor(ws: WebSocket) {
		this.ws = ws;
		ws.on("message", (data) => {
			this.frames.push(JSON.parse(data.toString()) as WireFrame);
			for (const check of this.#waiting) check();
		});
		ws.on("error", () => {});
		this.closed = new Promise((resolve) => {
			ws.on("close", (code, reason) => {
				resolve({ code, reason: reason.toString() });
				for (const check of this.#waiting) check();
			});
		});
	}

	/** Opens a client. Rejects if the handshake is refused, with `status` and `body` in the message of the error. */
	static async open(
		url: string,
		options: ConnectOptions = {},
	): Promise<TestClient> {
		const ws = new WebSocket(url, options.protocols ?? [], {
			headers: options.headers ?? {},
			perMessageDeflate: false,
			...(options.autoPong === undefined ? {} : { autoPong: options.autoPong }),
		});
		const client = new TestClient(ws);
		onTestFinished(() => ws.terminate());
		await new Promise<void>((resolve, reject) => {
			ws.once("open", resolve);
			ws.once("error", reject);
		});
		return client;
	}

	send(frame: unknown): void {
		this.ws.send(typeof frame === "string" ? frame : JSON.stringify(frame));
	}

	/**
	 * Returns the first frame that matches, whether it has arrived or is still to come. Fails after half a minute or on a
	 * close.
	 */
	waitFor(matches: (frame: WireFrame) => boolean): Promise<WireFrame> {
		return this.#until(() => this.frames.find(matches), "a frame that matches");
	}

	/** Returns the next frame of a type after those that `next` has already returned. Skips frames of other types. */
	async next(type: string): Promise<WireFrame> {
		return this.#until(() => {
			const found = this.frames.findIndex(
				(frame, i) => i >= this.#cursor && frame.type === type,
			);
			if (found === -1) return undefined;
			this.#cursor = found + 1;
			return this.frames[found];
		}, `a ${type} frame`);
	}

	/** Waits until `condition` holds after a frame or the close. */
	async until(condition: () => boolean, what: string): Promise<void> {
		await this.#until(() => condition() || undefined, what);
	}

	/** Returns the frames of one type received so far. */
	of(type: string): WireFrame[] {
		return this.frames.filter((frame) => frame.type === type);
	}

	/**
	 * Resolves when everything that the server had for this client has arrived. It sends a bad frame, because the error
	 * comes back in order with all other frames.
	 */
	async settle(): Promise<void> {
		const before = this.of("error").length;
		this.send({ type: "settle" });
		await this.until(
			() => this.of("error").length > before,
			"the answer to an unknown type",
		);
	}

	async close(
		code = 1000,
		reason = "",
	): Promise<{ code: number; reason: string }> {
		this.ws.close(code, reason);
		return this.closed;
	}

	#until<T>(find: () => T | undefined, what: string): Promise<T> {
		return new Promise((resolve, reject) => {
			const check = (): void => {
				const found = find();
				if (found === undefined && this.ws.readyState < WebSocket.CLOSING)
					return;
				clearTimeout(timer);
				this.#waiting.delete(check);
				if (found === undefined) reject(this.#missed(what, "was closed"));
				else resolve(found);
			};
			const timer = setTimeout(() => {
				this.#waiting.delete(check);
				reject(this.#missed(what, "waited ten seconds"));
			}, TIMEOUT_MS);
			this.#waiting.add(check);
			check();
		});
	}

	#missed(what: string, why: string): Error {
		const got = this.frames
			.slice(-5)
			.map((frame) => JSON.stringify(frame).slice(0, 300));
		return new Error(`expected ${what}, but ${why}; got ${got.join(" ")}`);
	}
}

/** Returns the refusal of a handshake: status and parsed body. */
export async function refusal(
	url: string,
	options: ConnectOptions = {},
): Promise<{
	status: number;
	body: unknown;
	headers: NodeJS.Dict<string | string[]>;
}> {
	const ws = new WebSocket(url, options.protocols ?? [], {
		headers: options.headers ?? {},
	});
	return new Promise((resolve, reject) => {
		ws.on("open", () => {
			ws.terminate();
			reject(new Error("the handshake was not refused"));
		});
		ws.on("error", reject);
		ws.on("unexpected-response", (_request, response) => {
			let text = "";
			response.on("data", (chunk) => {
				text += chunk;
			});
			response.on("end", () =>
				resolve({
					status: response.statusCode ?? 0,
					headers: response.headers,
					body: JSON.parse(text) as unknown,
				}),
			);
		});
	});
}
