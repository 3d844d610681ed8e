import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";

/**
 * A WebSocket client that reads no more of a frame than its header, so that a thousand of them cost the load generator
 * less than the server spends on them.
 */
export class RawClient {
	readonly socket: Socket;
	/** Frames whose payload starts like a chat message, and when the newest of them came. */
	chats = 0;
	onChat: ((payload: Buffer) => void) | undefined;
	#rest: Buffer = Buffer.alloc(0);

	private constructor(socket: Socket, head: Buffer) {
		this.socket = socket;
		socket.on("data", (chunk) => this.#read(chunk));
		this.#read(head);
	}

	static open(port: number, path: string, token: string): Promise<RawClient> {
		return new Promise((resolve, reject) => {
			const socket = connect({ port, host: "127.0.0.1", noDelay: true });
			socket.once("error", reject);
			socket.write(
				`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString("base64")}\r\nAuthorization: Bearer ${token}\r\n\r\n`,
			);
			let seen = Buffer.alloc(0);
			const onData = (chunk: Buffer): void => {
				seen = Buffer.concat([seen, chunk]);
				const end = seen.indexOf("\r\n\r\n");
				if (end === -1) return;
				socket.off("data", onData);
				if (seen.toString("latin1", 9, 12) === "101")
					resolve(new RawClient(socket, seen.subarray(end + 4)));
				else reject(new Error(seen.toString("latin1", 0, 200)));
			};
			socket.on("data", onData);
		});
	}

	/** Sends a text frame, masked with zeros: the load generator has better things to do than masking. */
	send(text: string): void {
		const payload = Buffer.from(text);
		const header =
			payload.length < 126
				? Buffer.from([0x81, 0x80 | payload.length, 0, 0, 0, 0])
				: Buffer.from([
						0x81,
						0x80 | 126,
						payload.length >> 8,
						payload.length & 255,
						0,
						0,
						0,
						0,
					]);
		this.socket.write(Buffer.concat([header, payload]));
	}

	#read(chunk: Buffer): void {
		let data =
			this.#rest.length > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
		while (data.length >= 4) {
			const short = (data[1] ?? 0) & 127;
			const header = short === 126 ? 4 : short === 127 ? 10 : 2;
			if (data.length < header) break;
			const length =
				short === 126
					? data.readUInt16BE(2)
					: short === 127
						? data.readUInt32BE(6)
						: short;
			if (data.length < header + length) break;
			// {"type":"chat": the tenth byte tells it from every other frame.
			if (data[header + 9] === 0x63 && data[header + 10] === 0x68) {
				this.chats++;
				this.onChat?.(data.subarray(header, header + length));
			}
			data = data.subarray(header + length);
		}
		this.#rest = data;
	}
}
