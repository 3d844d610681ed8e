/** Builds WebSocket frames of a client. They have a mask of zeros, which costs the abuser no CPU. */
import { constants, deflateRawSync } from "node:zlib";

const FIN = 0x80;
const COMPRESSED = 0x40;
const TEXT = 0x1;
const CLOSE = 0x8;
const PING = 0x9;

export function textFrame(text: string): Buffer {
	return frame(FIN | TEXT, Buffer.from(text));
}

/** Builds a text frame with a compressed payload (RFC 7692). */
export function compressedFrame(text: string): Buffer {
	// RFC 7692, section 7.2.1: a sender omits the last four bytes of a flushed block.
	return frame(FIN | COMPRESSED | TEXT, deflated(text).subarray(0, -4));
}

/** Builds the first fragment of a compressed message that never ends. */
export function unfinishedFrame(text: string): Buffer {
	return frame(COMPRESSED | TEXT, deflated(text));
}

export function pingFrame(payload: string): Buffer {
	return frame(FIN | PING, Buffer.from(payload));
}

export function closeFrame(code: number): Buffer {
	const payload = Buffer.alloc(2);
	payload.writeUInt16BE(code);
	return frame(FIN | CLOSE, payload);
}

function deflated(text: string): Buffer {
	return deflateRawSync(text, {
		level: 9,
		finishFlush: constants.Z_SYNC_FLUSH,
	});
}

function frame(first: number, payload: Buffer): Buffer {
	const { length } = payload;
	const extra = length < 126 ? 0 : length < 65_536 ? 2 : 8;
	const header = Buffer.alloc(2 + extra + 4);
	header[0] = first;
	header[1] = 0x80 | (extra === 0 ? length : extra === 2 ? 126 : 127);
	if (extra === 2) header.writeUInt16BE(length, 2);
	else if (extra === 8) header.writeUInt32BE(length, 6);
	return Buffer.concat([header, payload]);
}
