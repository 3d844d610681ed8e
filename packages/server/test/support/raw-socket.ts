import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { constants, deflateRawSync } from "node:zlib";
import { onTestFinished } from "vitest";
import type { TestServer } from "./server.ts";
import { token } from "./token.ts";

/** Frame from the server. */
export interface RawFrame {
	readonly opcode: number;
	readonly payload: Buffer;
}

export interface RawSocket {
	readonly socket: Socket;
	/** All frames received so far. */
	readonly frames: RawFrame[];
	/** Code and reason of the close frame. Resolves when the socket is closed, with 1006 if there was no frame. */
	readonly closed: Promise<{ code: number; reason: string }>;
	/**
	 * Resolves with the first frame that matches, whether it has arrived or is still to come. Rejects if the socket
	 * closes before.
	 */
	frame(matches: (frame: RawFrame) => boolean): Promise<RawFrame>;
}

export const Opcode = { text: 1, close: 8, ping: 9, pong: 10 } as const;

/** Opens a socket with a handshake. */
export async function openRaw(
	server: TestServer,
	conversation: string,
	{
		userId = randomUUID(),
		deflates = false,
	}: { userId?: string; deflates?: boolean } = {},
): Promise<RawSocket> {
	const socket = connect(server.port, "127.0.0.1");
	socket.on("error", () => {});
	onTestFinished(() => void socket.destroy());
	socket.write(
		[
			`GET /v1/ws/chat?conversation_id=${conversation} HTTP/1.1`,
			`Host: ${server.address}`,
			"Connection: Upgrade",
			"Upgrade: websocket",
			"Sec-WebSocket-Version: 13",
			`Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
			`Authorization: Bearer ${await token(userId)}`,
			...(deflates ? ["Sec-WebSocket-Extensions: permessage-deflate"] : []),
			"\r\n",
		].join("\r\n"),
	);
	const frames: RawFrame[] = [];
	let rest: Buffer = Buffer.of();
	let isOpen = false;
	socket.on("data", (data: Buffer) => {
		rest = rest.length > 0 ? Buffer.concat([rest, data]) : data;
		const end = isOpen ? -4 : rest.indexOf("\r\n\r\n");
		if (!isOpen && end === -1) return;
		isOpen = true;
		rest = takeFrames(rest.subarray(end + 4), frames);
		socket.emit("looked");
	});
	const closed = once(socket, "close").then(() => {
		socket.emit("looked");
		const close = frames.find(({ opcode }) => opcode === Opcode.close);
		return close && close.payload.length >= 2
			? {
					code: close.payload.readUInt16BE(0),
					reason: close.payload.toString("utf8", 2),
				}
			: { code: 1006, reason: "" };
	});
	await once(socket, "looked");
	return {
		socket,
		frames,
		closed,
		async frame(matches) {
			for (;;) {
				const found = frames.find(matches);
				if (found) return found;
				if (socket.destroyed) throw new Error("the socket closed before");
				await once(socket, "looked");
			}
		},
	};
}

function takeFrames(all: Buffer, frames: RawFrame[]): Buffer {
	let data = all;
	for (;;) {
		const short = (data[1] ?? 0) & 127;
		const header = short === 126 ? 4 : short === 127 ? 10 : 2;
		if (data.length < header) return data;
		const length =
			short === 126
				? data.readUInt16BE(2)
				: short === 127
					? data.readUInt32BE(6)
					: short;
		if (data.length < header + length) return data;
		frames.push({
			opcode: (data[0] ?? 0) & 15,
			payload: data.subarray(header, header + length),
		});
		data = data.subarray(header + length);
	}
}

/** Builds a client's frame. Its mask is zero, so that the wire contains the payload unchanged. */
export function clientFrame(first: number, payload: Uint8Array): Buffer {
	const length = payload.length;
	const header =
		length < 126
			? Buffer.of(first, 0x80 | length)
			: length < 65_536
				? Buffer.of(first, 0xfe, length >> 8, length & 255)
				: Buffer.of(first, 0xff, 0, 0, 0, 0, 0, 0, 0, 0);
	if (length >= 65_536) header.writeUInt32BE(length, 6);
	return Buffer.concat([header, Buffer.alloc(4), payload]);
}

export function textFrame(text: string): Buffer {
	return clientFrame(0x81, Buffer.from(text));
}

/** Builds a whole compressed message (RFC 7692, section 7.2.1). */
export function deflatedFrame(text: string): Buffer {
	return clientFrame(0xc1, deflated(text));
}

/** Builds the first fragment of a compressed message, without the fragments that would complete it. */
export function unfinishedDeflatedFrame(text: string): Buffer {
	return clientFrame(0x41, deflated(text));
}

function deflated(text: string): Buffer {
	return deflateRawSync(text, {
		finishFlush: constants.Z_SYNC_FLUSH,
	}).subarray(0, -4);
}
