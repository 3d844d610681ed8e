import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { inflateRawSync } from "node:zlib";
import { SENDER_DIGITS, STAMP_DIGITS } from "./frames.ts";

export interface ClientOptions {
	readonly port: number;
	readonly path: string;
	readonly headers?: string;
	/** Type of the frames that the client counts. */
	readonly counted: "chat" | "reaction";
	/** Bytes before the time of sending in a counted frame's payload; negative: from the end of the payload. */
	readonly stampOffset: number;
	/** Bytes that the peer's framing puts before the JSON. */
	readonly shift: number;
	/** Whether the connection opens only after Socket.IO's own exchange that follows the handshake. */
	readonly socketIo: boolean;
}

/** Shared by all clients, because each read is handled before the next one. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);
const [PING, CLOSE] = [0x89, 0x88];

/**
 * WebSocket client that reads only the header and two numbers of a frame. Thousands of clients then cost the load less
 * CPU than the server.
 */
export class LoadClient {
	readonly socket: Socket;
	/** Number of received frames of the counted type. */
	counted = 0;
	/** Receives the latency of each counted frame in microseconds. Undefined if this client measures none. */
	onLatency: ((micros: number) => void) | undefined;
	/** Receives the number of the sender's own messages that have come back. Undefined if the client sends none. */
	onOwn: ((count: number) => void) | undefined;
	sender = -1;
	closed = false;
	readonly #options: ClientOptions;
	#rest: Buffer | undefined;
	#opened: ((error?: Error) => void) | undefined;
	#upgraded = false;

	private constructor(options: ClientOptions, opened: (error?: Error) => void) {
		this.#options = options;
		this.#opened = opened;
		this.socket = connect({
			port: options.port,
			host: "127.0.0.1",
			noDelay: true,
			onread: {
				buffer: READ_BUFFER,
				callback: (length) => {
					this.#take(READ_BUFFER.subarray(0, length));
					return true;
				},
			},
		});
		this.socket.once("error", (error) => this.#settle(error));
		this.socket.once("close", () => {
			this.closed = true;
			this.#settle(new Error("the connection closed before it was open"));
		});
		this.socket.write(
			`GET ${options.path} HTTP/1.1\r\nHost: 127.0.0.1:${options.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n${options.headers ?? ""}\r\n`,
		);
	}

	static async open(options: ClientOptions): Promise<LoadClient> {
		let client: LoadClient | undefined;
		await new Promise<void>((resolve, reject) => {
			client = new LoadClient(options, (error) =>
				error ? reject(error) : resolve(),
			);
		});
		return client as LoadClient;
	}

	#settle(error?: Error): void {
		this.#opened?.(error);
		this.#opened = undefined;
	}

	#take(chunk: Buffer): void {
		let data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
		this.#rest = undefined;
		if (!this.#upgraded) {
			const end = data.indexOf("\r\n\r\n");
			if (end === -1) {
				this.#rest = Buffer.from(data);
				return;
			}
			if (data.toString("latin1", 9, 12) !== "101") {
				this.#settle(new Error(data.toString("latin1", 0, 300)));
				this.socket.destroy();
				return;
			}
			this.#upgraded = true;
			if (!this.#options.socketIo) this.#settle();
			data = data.subarray(end + 4);
		}
		const read = this.#frames(data);
		if (read < data.length) this.#rest = Buffer.from(data.subarray(read));
	}

	/** Reads whole frames. Returns the number of bytes read. */
	#frames(data: Buffer): number {
		const { counted, stampOffset, shift } = this.#options;
		// No other frame of this length has the same first and fourth letter in its type.
		const [letter, fourth] = [counted.charCodeAt(0), counted.charCodeAt(3)];
		const now = this.onLatency ? performance.now() * 1000 : 0;
		let at = 0;
		let own = 0;
		while (data.length - at >= 2) {
			const short = data[at + 1] as number;
			let start = at + 2;
			let length = short;
			if (short === 126) {
				if (data.length - at < 4) break;
				length = ((data[at + 2] as number) << 8) | (data[at + 3] as number);
				start += 2;
			} else if (short === 127) {
				if (data.length - at < 10) break;
				length = data.readUInt32BE(at + 6);
				start += 8;
			}
			const end = start + length;
			if (end > data.length) break;
			const first = data[at] as number;
			at = end;
			// The type begins at the tenth byte: {"type":"chat"
			if (first === 0x81) {
				const type = start + shift + 9;
				if (
					!this.#opened &&
					length > 64 &&
					data[type] === letter &&
					data[type + 3] === fourth
				) {
					this.counted++;
					const stamp = (stampOffset < 0 ? end : start) + stampOffset;
					this.onLatency?.(now - digits(data, stamp, STAMP_DIGITS));
					if (
						this.onOwn &&
						digits(data, stamp + STAMP_DIGITS, SENDER_DIGITS) === this.sender
					)
						own++;
				} else if (this.#options.socketIo)
					this.#control(data.toString("latin1", start, end));
			} else if (first === 0xc1) {
				// Only chat frames are long enough for compression.
				this.counted++;
				if (this.onLatency || this.onOwn)
					own += this.#inflated(data, start, end, now);
			} else if (first === PING)
				this.socket.write(
					Buffer.concat([
						Buffer.from([0x8a, 0x80 | length, 0, 0, 0, 0]),
						data.subarray(start, end),
					]),
				);
			else if (first === CLOSE) this.closed = true;
		}
		if (own > 0) this.onOwn?.(own);
		return at;
	}

	#inflated(data: Buffer, start: number, end: number, now: number): number {
		const tail = Buffer.from([0, 0, 0xff, 0xff]);
		const frame = inflateRawSync(
			Buffer.concat([data.subarray(start, end), tail]),
			{ finishFlush: 2 },
		);
		const { stampOffset } = this.#options;
		this.onLatency?.(now - digits(frame, stampOffset, STAMP_DIGITS));
		return digits(frame, stampOffset + STAMP_DIGITS, SENDER_DIGITS) ===
			this.sender
			? 1
			: 0;
	}

	/** Handles the packets of Engine.IO and Socket.IO. Answers have a mask of zeros. */
	#control(text: string): void {
		const answer = (packet: string): void => {
			this.socket.write(
				Buffer.from([
					0x81,
					0x80 | packet.length,
					0,
					0,
					0,
					0,
					...Buffer.from(packet),
				]),
			);
		};
		if (text.startsWith("0{")) answer("40");
		else if (text.startsWith("40")) this.#settle();
		else if (text === "2") answer("3");
	}
}

function digits(data: Uint8Array, start: number, count: number): number {
	let value = 0;
	for (let i = start; i < start + count; i++)
		value = value * 10 + (data[i] as number) - 48;
	return value;
}
