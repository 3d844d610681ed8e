import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import { RateLimit } from "./rate-limit.ts";
import { expect, Failed, show } from "./verdict.ts";

/** A frame as received. */
export type Frame = Readonly<Record<string, unknown>>;

export interface Closing {
	readonly code: number;
	readonly reason: string;
}

/** A ping as received. */
export interface Ping {
	/** Time on the clock of `performance.now()`. */
	readonly at: number;
	readonly payload: Buffer;
	/** Number of frames received before the ping. */
	readonly mark: number;
}

/** Time limit for an expected frame, in milliseconds. */
export const PATIENCE_MS = 5000;
const FRAMES_PER_SECOND = 10;
const FRAMES_AT_ONCE = 24;
const SHOWN_FRAMES = 3;

/** One connection of the suite. It records every frame and waits for the frames that a check expects. */
export class TestClient {
	readonly ws: WebSocket;
	readonly userId: string;
	readonly conversationId: string;
	readonly frames: Frame[] = [];
	readonly pings: Ping[] = [];
	/** Received data that is not a JSON object in a text frame. */
	readonly malformed: string[] = [];
	readonly closed: Promise<Closing>;
	/** Whether the connection ended without a close frame and without {@link cut}. */
	brokeOff = false;
	/** Whether a chat message was sent and no copy came back. */
	uncopied = false;
	readonly openedAt = performance.now();
	closedAt: number | undefined;
	readonly #rateLimit = new RateLimit(FRAMES_PER_SECOND, FRAMES_AT_ONCE);
	readonly #waiting = new Set<() => void>();
	#cursor = 0;
	#cut = false;

	/**
	 * Attaches to a socket. @param ws still connecting: frames may arrive in one packet with the handshake's answer
	 */
	constructor(ws: WebSocket, userId: string, conversationId: string) {
		this.ws = ws;
		this.userId = userId;
		this.conversationId = conversationId;
		ws.on("message", (data: Buffer, isBinary) => {
			this.#take(data, isBinary);
			this.#wake();
		});
		ws.on("ping", (payload) => {
			this.pings.push({ at: performance.now(), payload, mark: this.mark });
			this.#wake();
		});
		ws.on("error", () => {});
		this.closed = new Promise((resolve) => {
			ws.on("close", (code, reason) => {
				this.closedAt = performance.now();
				this.brokeOff = code === 1006 && !this.#cut;
				resolve({ code, reason: reason.toString() });
				this.#wake();
			});
		});
	}

	/** Number of frames received. Pass it to later calls as the position from which to look. */
	get mark(): number {
		return this.frames.length;
	}

	/** Sends an object as JSON, and a string or bytes unchanged. Keeps a rate that common server limits allow. */
	async send(frame: object | string | Buffer): Promise<void> {
		await this.#rateLimit.turn();
		if (typeof frame === "string" || Buffer.isBuffer(frame))
			this.ws.send(frame);
		else this.ws.send(JSON.stringify(frame));
	}

	/** Sends a chat message, and resolves with the copy that comes back. */
	async say(fields: Frame = {}): Promise<Frame> {
		const content =
			typeof fields.content === "string" ? fields.content : randomUUID();
		const from = this.mark;
		await this.send({ type: "chat", ...fields, content });
		try {
			return await this.find(
				"the sender's own copy of its message",
				({ type, content: same, sender_id = this.userId }) =>
					type === "chat" && same === content && sender_id === this.userId,
				from,
			);
		} catch (error) {
			this.uncopied = true;
			throw error;
		}
	}

	/** Resolves with the next frame of a type after the one that `next` returned last. */
	async next(type: string): Promise<Frame> {
		const index = await this.#until(`a frame of the type ${type}`, () => {
			const found = this.frames.findIndex(
				(frame, i) => i >= this.#cursor && frame.type === type,
			);
			return found === -1 ? undefined : found;
		});
		this.#cursor = index + 1;
		return this.frames[index] ?? {};
	}

	/** Resolves with the first matching frame from a position on, received already or later. */
	find(
		what: string,
		matches: (frame: Frame) => boolean,
		from = 0,
		patienceMs = PATIENCE_MS,
	): Promise<Frame> {
		return this.#until(
			what,
			() => this.frames.slice(from).find(matches),
			patienceMs,
		);
	}

	/**
	 * Waits until another client's chat message arrives here. Resolves with the frames between a position and the
	 * message.
	 */
	async upTo(message: Frame, from = 0): Promise<Frame[]> {
		const found = await this.find(
			`the message ${show(message.content)}`,
			(frame) =>
				frame.type === "chat" && frame.message_id === message.message_id,
			from,
		);
		return this.frames.slice(from, this.frames.indexOf(found));
	}

	/** Waits until a condition holds. It is checked after each frame, ping and close. */
	async until(
		what: string,
		holds: () => boolean,
		patienceMs = PATIENCE_MS,
	): Promise<void> {
		await this.#until(what, () => holds() || undefined, patienceMs);
	}

	/** Resolves with the close, which must come within the given time. */
	async closing(
		what: string,
		patienceMs: number = PATIENCE_MS,
	): Promise<Closing> {
		await this.until(what, () => this.closedAt !== undefined, patienceMs);
		return this.closed;
	}

	/** Watches for some time. Resolves with the close, or undefined if the connection stays open. */
	async watch(ms: number): Promise<Closing | undefined> {
		let timer: NodeJS.Timeout | undefined;
		const time = new Promise<void>((resolve) => {
			timer = setTimeout(resolve, ms);
		});
		const closing = await Promise.race([this.closed, time]);
		clearTimeout(timer);
		return closing ?? undefined;
	}

	of(type: string, from = 0): Frame[] {
		return this.frames.slice(from).filter((frame) => frame.type === type);
	}

	/** Returns the entries: frames with a place in the log. */
	entries(from = 0): Frame[] {
		return this.frames
			.slice(from)
			.filter((frame) => typeof frame.seq === "number");
	}

	/** Cuts the connection without a close frame, as a broken network does. */
	cut(): void {
		this.#cut = true;
		this.ws.terminate();
	}

	async close(code = 1000, reason = ""): Promise<Closing> {
		this.ws.close(code, reason);
		return this.closing("a close frame as the answer to a close");
	}

	#take(data: Buffer, isBinary: boolean): void {
		const text = data.toString();
		let frame: unknown;
		try {
			frame = JSON.parse(text);
		} catch {
			frame = undefined;
		}
		if (isBinary || typeof frame !== "object" || frame === null)
			this.malformed.push(isBinary ? "a binary message" : show(text));
		else this.frames.push(frame as Frame);
	}

	#wake(): void {
		for (const look of this.#waiting) look();
	}

	#until<T>(
		what: string,
		find: () => T | undefined,
		patienceMs = PATIENCE_MS,
	): Promise<T> {
		return new Promise((resolve, reject) => {
			const settle = (found: T | undefined, why: string): void => {
				clearTimeout(timer);
				this.#waiting.delete(look);
				if (found === undefined) reject(this.#missed(what, why));
				else resolve(found);
			};
			const look = (): void => {
				const found = find();
				if (found !== undefined) settle(found, "");
				else if (this.closedAt !== undefined)
					void this.closed.then(({ code, reason }) =>
						settle(undefined, `a close with ${code} ${reason}`.trimEnd()),
					);
			};
			const timer = setTimeout(
				() => settle(find(), `no such event within ${patienceMs / 1000} s`),
				patienceMs,
			);
			this.#waiting.add(look);
			look();
		});
	}

	#missed(what: string, why: string): Failed {
		const last = this.frames.slice(-SHOWN_FRAMES).map(show);
		return new Failed(what, `${why}; last frames: ${last.join(" ") || "none"}`);
	}
}

/** Checks that no frame has a type. @throws {Failed} if a frame has it */
export function expectNone(
	frames: readonly Frame[],
	type: string,
	expected: string,
): void {
	const found = frames.find((frame) => frame.type === type);
	expect(found === undefined, expected, found);
}
