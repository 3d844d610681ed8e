import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { closeFrame } from "./frames.ts";
import type { Tally } from "./tally.ts";

export interface Handshake {
	readonly port: number;
	/** Conversation of a chat connection; undefined for the connection that has all conversations of the user. */
	readonly conversationId?: string;
	readonly token: string;
	/** Additional query parameters, beginning with `&`. */
	readonly query?: string;
	readonly compression?: boolean;
}

function handshakeText({
	conversationId,
	token,
	query = "",
	compression = false,
}: Handshake): string {
	const extensions = compression
		? "Sec-WebSocket-Extensions: permessage-deflate\r\n"
		: "";
	const path =
		conversationId === undefined
			? "/v1/ws/inbox"
			: `/v1/ws/chat?conversation_id=${conversationId}${query}`;
	const protocol =
		conversationId === undefined
			? "Sec-WebSocket-Protocol: secureconnect.v1\r\n"
			: "";
	return `GET ${path} HTTP/1.1\r\nHost: abuse\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\n${extensions}${protocol}Authorization: Bearer ${token}\r\n\r\n`;
}

/** Shared by all sockets, because each read is handled before the next one. */
const READ_BUFFER = Buffer.allocUnsafeSlow(256 * 1024);
const OPCODE = 0x0f;
const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;
/** Maximum length of a payload that is read, in bytes. */
const SHOWN_BYTES = 65_536;

/**
 * WebSocket that reads only the headers of frames, so that full force costs the abuser little. It counts the answer to
 * its handshake, the received frames, the close code, and the end of its connection.
 */
export class RawSocket {
	readonly socket: Socket;
	readonly ended: Promise<void>;
	/** Resolves with the status of the handshake, or 0 if the connection ends without one. */
	readonly opened: Promise<number>;
	/** Called with each text frame that was not compressed and is shorter than 64 KiB. */
	onText: ((text: string) => void) | undefined;
	bytes = 0;
	readonly #tally: Tally;
	#rest: Buffer = Buffer.alloc(0);
	/** Number of payload bytes still to skip. */
	#skip = 0;
	#upgraded = false;
	#settle: (status: number) => void = () => {};

	constructor(handshake: Handshake, tally: Tally) {
		this.#tally = tally;
		this.opened = new Promise((resolve) => {
			this.#settle = resolve;
		});
		this.socket = connect({
			port: handshake.port,
			host: "127.0.0.1",
			noDelay: true,
			onread: {
				buffer: READ_BUFFER,
				callback: (length) => {
					this.#read(READ_BUFFER.subarray(0, length));
					return true;
				},
			},
		});
		this.socket.on("error", (error) => tally.error(error));
		this.ended = new Promise((resolve) => {
			this.socket.once("close", () => {
				tally.count("ended");
				this.#settle(0);
				resolve();
			});
		});
		this.socket.write(handshakeText(handshake));
	}

	/** Writes frames. Resolves when the kernel has taken most of them, so that callers can send at full speed. */
	async write(frames: Buffer): Promise<void> {
		const { socket } = this;
		if (socket.destroyed) return;
		if (socket.write(frames)) await new Promise(setImmediate);
		else
			await new Promise<void>((resolve) => {
				const done = (): void => {
					socket.off("drain", done);
					socket.off("close", done);
					resolve();
				};
				socket.once("drain", done);
				socket.once("close", done);
			});
	}

	/** Sends a close frame, as a client that leaves normally. */
	leave(): void {
		this.socket.end(closeFrame(1000));
	}

	#read(chunk: Buffer): void {
		this.bytes += chunk.length;
		this.#tally.count("bytes", chunk.length);
		let data =
			this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
		if (!this.#upgraded) {
			const end = data.indexOf("\r\n\r\n");
			if (end === -1) {
				this.#rest = Buffer.from(data);
				return;
			}
			const status = Number(data.toString("latin1", 9, 12));
			this.#tally.count(status);
			this.#upgraded = true;
			this.#settle(status);
			if (status !== 101) {
				this.socket.destroy();
				return;
			}
			data = data.subarray(end + 4);
		}
		for (;;) {
			const used = this.#frame(data);
			if (used === 0) break;
			data = data.subarray(used);
		}
		// The next read reuses the buffer.
		this.#rest = Buffer.from(data);
	}

	/** Reads a frame, or the available part of a long one. Returns the number of bytes read. */
	#frame(data: Buffer): number {
		if (this.#skip > 0) {
			const used = Math.min(this.#skip, data.length);
			this.#skip -= used;
			return used;
		}
		if (data.length < 2) return 0;
		const first = data[0] as number;
		const short = data[1] as number;
		const start = short === 126 ? 4 : short === 127 ? 10 : 2;
		if (data.length < start) return 0;
		const length =
			short === 126
				? data.readUInt16BE(2)
				: short === 127
					? data.readUInt32BE(6)
					: short;
		if (length > SHOWN_BYTES) {
			this.#tally.count("frames got");
			this.#skip = length;
			return start;
		}
		const end = start + length;
		if (data.length < end) return 0;
		this.#show(first, data.subarray(start, end));
		return end;
	}

	#show(first: number, payload: Buffer): void {
		const opcode = first & OPCODE;
		if (opcode === PING)
			this.socket.write(
				Buffer.concat([
					Buffer.from([0x8a, 0x80 | payload.length, 0, 0, 0, 0]),
					payload,
				]),
			);
		else if (opcode === CLOSE)
			this.#tally.count(
				`close ${payload.length >= 2 ? payload.readUInt16BE(0) : 1005}`,
			);
		else {
			this.#tally.count("frames got");
			if (first === (0x80 | TEXT)) this.#text(payload);
		}
	}

	#text(payload: Buffer): void {
		if (payload.toString("latin1", 0, 15) === '{"type":"error"')
			this.#tally.count(
				`error ${/"code":"(\w+)"/.exec(payload.toString("latin1"))?.[1]}`,
			);
		if (this.onText) this.onText(payload.toString("utf8"));
	}
}

/** Keeps a socket open: runs its work, and opens a new socket when the server ends it. */
export async function reopening(
	handshake: Handshake,
	tally: Tally,
	use: (socket: RawSocket) => Promise<void> | void,
): Promise<void> {
	for (;;) {
		const socket = new RawSocket(handshake, tally);
		if ((await socket.opened) === 101) await use(socket);
		await socket.ended;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
}

/** Sends the same frames again and again, until the connection ends. */
export async function flatOut(
	socket: RawSocket,
	frames: Buffer,
	howMany: number,
	tally: Tally,
): Promise<void> {
	while (!socket.socket.destroyed) {
		await socket.write(frames);
		tally.count("frames sent", howMany);
	}
}
