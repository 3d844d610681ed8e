import { constants, deflateRawSync } from "node:zlib";
import type { Framing } from "../chat/ports.ts";

/** Payloads up to this size are not compressed. */
const COMPRESS_ABOVE_BYTES = 1024;
/**
 * zlib level that takes half the time of the default. On text such as JSON the result is only a few per cent larger.
 */
const LEVEL = 3;
/** Number of bytes at the end of every compressed message that the sender omits (RFC 7692, section 7.2.1). */
const TAIL_BYTES = 4;
const FIN = 0x80;
const FIN_TEXT = FIN | 1;
const RSV1 = 0x40;
const NOTHING = new Uint8Array();

/**
 * Encodes JSON text as one unmasked WebSocket text frame (RFC 6455, section 5.2). Servers do not mask, so any number of
 * sockets can share the same bytes.
 */
function textFrame(json: string): Buffer {
	return framed(FIN_TEXT, Buffer.byteLength(json), (frame, start) =>
		frame.write(json, start),
	);
}

function framed(
	first: number,
	length: number,
	fill: (frame: Buffer, start: number) => void,
): Buffer {
	const headerLength = length < 126 ? 2 : length < 65_536 ? 4 : 10;
	const frame = Buffer.allocUnsafe(headerLength + length);
	frame[0] = first;
	if (headerLength === 2) frame[1] = length;
	else if (headerLength === 4) {
		frame[1] = 126;
		frame.writeUInt16BE(length, 2);
	} else {
		frame[1] = 127;
		frame.writeUInt32BE(0, 2);
		frame.writeUInt32BE(length, 6);
	}
	fill(frame, headerLength);
	return frame;
}

/**
 * Compresses a text frame by itself (RFC 7692, no context takeover), for connections that negotiated compression. Runs
 * on the caller's thread, so that frames keep their order: 25 us for 16 KiB, 1.5 ms for 1 MiB.
 */
function deflatedFrame(frame: Uint8Array): Uint8Array {
	const short = (frame[1] ?? 0) & 0x7f;
	const payload = frame.subarray(short < 126 ? 2 : short === 126 ? 4 : 10);
	if (payload.length <= COMPRESS_ABOVE_BYTES) return frame;
	const deflated = deflateRawSync(payload, {
		level: LEVEL,
		finishFlush: constants.Z_SYNC_FLUSH,
	}).subarray(0, -TAIL_BYTES);
	return deflated.length < payload.length
		? framed(FIN_TEXT | RSV1, deflated.length, (to, start) =>
				to.set(deflated, start),
			)
		: frame;
}

/** Encodes a ping, pong or close frame (RFC 6455, section 5.5). */
export function controlFrame(
	opcode: number,
	payload: Uint8Array = NOTHING,
): Buffer {
	return framed(FIN | opcode, payload.length, (frame, start) =>
		frame.set(payload, start),
	);
}

export const framing: Framing = { frame: textFrame, compact: deflatedFrame };
