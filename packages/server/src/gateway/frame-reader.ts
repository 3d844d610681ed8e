import { isUtf8 } from "node:buffer";
import { CloseCode } from "@secureconnect/protocol";
import { inflate } from "./deflate.ts";
import { unmask } from "./unmask.ts";

/**
 * Message or control frame from a peer, or the reason why its connection must end. Buffers are valid until the next
 * call.
 */
export type Received =
	| {
			readonly kind: "message";
			readonly data: Buffer;
			readonly isBinary: boolean;
	  }
	| { readonly kind: "ping" | "pong"; readonly payload: Buffer }
	| { readonly kind: "close"; readonly code: number; readonly reason: Buffer }
	| { readonly kind: "fault"; readonly code: FaultCode };

/** Close code of RFC 6455, section 7.4.1, for bytes that break the protocol or a limit. */
type FaultCode =
	| typeof PROTOCOL_ERROR
	| typeof CloseCode.invalidPayload
	| typeof CloseCode.policyViolation
	| typeof CloseCode.messageTooBig;

export interface ReaderLimits {
	/** Maximum size of a whole message in bytes, before and after decompression. */
	readonly maxMessageBytes: number;
	readonly maxFragments: number;
}

const PROTOCOL_ERROR = 1002;
const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;
const CLOSE = 8;
const PING = 9;
const PONG = 10;
const MAX_CONTROL_BYTES = 125;
const MASK_BYTES = 4;
const NOTHING = Buffer.alloc(0);
/** Code for a close frame without a code (RFC 6455, section 7.1.5). */
export const NO_CODE = 1005;

/**
 * Reads a client's frames (RFC 6455, section 5) from bytes as they arrive. The caller asks for each frame, and so
 * decides how much is parsed at once. The reader keeps an unfinished message in its wire form, also if it is
 * compressed. It therefore uses at most twice the bytes that the client has sent.
 */
export class FrameReader {
	readonly #limits: ReaderLimits;
	readonly #deflates: boolean;
	/** Bytes that are not parsed yet, from `#at`. */
	#bytes: Buffer = NOTHING;
	#at = 0;
	/** Payload of the unfinished message. The buffer may be longer than the payload. */
	#payload: Buffer = NOTHING;
	#payloadBytes = 0;
	/** Opcode of the unfinished message; 0 if there is none. */
	#opcode = 0;
	#compressed = false;
	#fragments = 0;
	/** Payload length that the frames of the message have announced so far. */
	#announced = 0;
	/** Whether the reader is inside the payload of a data frame. */
	#isInFrame = false;
	#left = 0;
	#fin = false;
	#mask = 0;
	#position = 0;
	#messages = 0;
	#ignoresMessages = false;

	/** @param deflates whether permessage-deflate was negotiated, without context takeover (RFC 7692) */
	constructor(limits: ReaderLimits, deflates: boolean) {
		this.#limits = limits;
		this.#deflates = deflates;
	}

	/** Returns the number of bytes that this reader keeps. */
	get heldBytes(): number {
		return this.#bytes.length - this.#at + this.#payload.length;
	}
	/** Returns the number of bytes received of the unfinished message or frame; 0 between two messages. */
	get unfinishedBytes(): number {
		return this.#bytes.length - this.#at + this.#payloadBytes;
	}
	/** Returns whether a message or frame is incomplete. Valid only after {@link next} has returned undefined. */
	get isUnfinished(): boolean {
		return this.#opcode !== 0 || this.#at < this.#bytes.length;
	}
	/** Returns the number of complete messages so far. */
	get messages(): number {
		return this.#messages;
	}

	/** Stops keeping and inflating the data of messages. Later messages are empty. */
	ignoreMessages(): void {
		this.#ignoresMessages = true;
	}

	/** Adds bytes. The reader owns the buffer from now on. */
	push(chunk: Buffer): void {
		this.#bytes =
			this.#at === this.#bytes.length
				? chunk
				: Buffer.concat([this.#bytes.subarray(this.#at), chunk]);
		this.#at = 0;
	}

	/**
	 * Returns the next message, control frame or fault; undefined if more bytes are needed. Nothing follows a close frame
	 * or a fault.
	 */
	next(): Received | undefined {
		for (;;) {
			if (!this.#isInFrame) {
				const received = this.#header();
				if (received === "incomplete") {
					this.#keepRest();
					return undefined;
				}
				if (received) return received;
			}
			const whole = this.#wholeMessage();
			if (whole) return this.#message(whole);
			this.#collect();
			if (this.#left > 0) {
				this.#keepRest();
				return undefined;
			}
			this.#isInFrame = false;
			if (++this.#fragments > this.#limits.maxFragments)
				return fault(CloseCode.policyViolation);
			if (this.#fin)
				return this.#message(this.#payload.subarray(0, this.#payloadBytes));
		}
	}

	/**
	 * Reads a header, and the whole frame if it is a control frame. Returns undefined after the header of a data frame.
	 */
	#header(): Received | "incomplete" | undefined {
		const bytes = this.#bytes;
		const start = this.#at;
		const available = bytes.length - start;
		if (available < 2) return "incomplete";
		const first = bytes[start] ?? 0;
		const second = bytes[start + 1] ?? 0;
		const opcode = first & 0x0f;
		const fin = (first & 0x80) !== 0;
		const short = second & 0x7f;
		const isControl = opcode >= CLOSE;
		if (
			(first & 0x30) !== 0 ||
			(second & 0x80) === 0 ||
			!this.#isInPlace(opcode, (first & 0x40) !== 0) ||
			(isControl &&
				(!fin ||
					short > MAX_CONTROL_BYTES ||
					(opcode === CLOSE && short === 1)))
		)
			return fault(PROTOCOL_ERROR);
		const lengthBytes = short === 126 ? 2 : short === 127 ? 8 : 0;
		let at = start + 2 + lengthBytes;
		if (at > bytes.length) return "incomplete";
		const length =
			lengthBytes === 0
				? short
				: lengthBytes === 2
					? bytes.readUInt16BE(start + 2)
					: bytes.readUInt32BE(start + 2) * 2 ** 32 +
						bytes.readUInt32BE(start + 6);
		const announced = this.#announced + length;
		if (!isControl && announced > this.#limits.maxMessageBytes)
			return fault(CloseCode.messageTooBig);
		if (at + MASK_BYTES > bytes.length) return "incomplete";
		const mask = bytes.readInt32LE(at);
		at += MASK_BYTES;
		if (isControl) {
			if (at + length > bytes.length) return "incomplete";
			const payload = bytes.subarray(at, at + length);
			unmask(payload, mask, 0);
			this.#at = at + length;
			return control(opcode, payload);
		}
		this.#at = at;
		if (opcode !== CONTINUATION) {
			this.#opcode = opcode;
			this.#compressed = (first & 0x40) !== 0;
		}
		this.#announced = announced;
		this.#isInFrame = true;
		this.#fin = fin;
		this.#left = length;
		this.#mask = mask;
		this.#position = 0;
		return undefined;
	}

	/** Checks whether a frame with this opcode and first reserved bit is allowed at this point. */
	#isInPlace(opcode: number, rsv1: boolean): boolean {
		switch (opcode) {
			case CONTINUATION:
				return this.#opcode !== 0 && !rsv1;
			case TEXT:
			case BINARY:
				return this.#opcode === 0 && (!rsv1 || this.#deflates);
			case CLOSE:
			case PING:
			case PONG:
				return !rsv1;
			default:
				return false;
		}
	}

	/** Returns, without a copy, the payload of a message that consists of one frame and has arrived completely. */
	#wholeMessage(): Buffer | undefined {
		if (
			!this.#fin ||
			this.#fragments > 0 ||
			this.#position > 0 ||
			this.#left > this.#bytes.length - this.#at
		)
			return undefined;
		const end = this.#at + this.#left;
		const payload = this.#bytes.subarray(this.#at, end);
		unmask(payload, this.#mask, 0);
		this.#at = end;
		return payload;
	}

	/** Appends the bytes received of a frame's payload to its message. */
	#collect(): void {
		const count = Math.min(this.#left, this.#bytes.length - this.#at);
		if (count === 0) return;
		const end = this.#at + count;
		const part = this.#bytes.subarray(this.#at, end);
		unmask(part, this.#mask, this.#position);
		if (!this.#ignoresMessages) {
			this.#makeRoom(count);
			part.copy(this.#payload, this.#payloadBytes);
			this.#payloadBytes += count;
		}
		this.#position += count;
		this.#left -= count;
		this.#at = end;
	}

	#makeRoom(count: number): void {
		const needed = this.#payloadBytes + count;
		if (needed <= this.#payload.length) return;
		// Memory is allocated for received bytes only, not for the length that a frame announces.
		const roomy = Math.min(
			Math.max(needed, 2 * this.#payload.length),
			this.#payloadBytes + this.#left,
		);
		const grown = Buffer.allocUnsafeSlow(roomy);
		this.#payload.copy(grown, 0, 0, this.#payloadBytes);
		this.#payload = grown;
	}

	#message(payload: Buffer): Received {
		const isBinary = this.#opcode === BINARY;
		const compressed = this.#compressed;
		this.#opcode = 0;
		this.#isInFrame = false;
		this.#fragments = 0;
		this.#announced = 0;
		this.#payload = NOTHING;
		this.#payloadBytes = 0;
		this.#messages++;
		if (this.#ignoresMessages)
			return { kind: "message", data: NOTHING, isBinary };
		let data = payload;
		if (compressed) {
			const inflated = inflate(payload, this.#limits.maxMessageBytes);
			if (typeof inflated === "number") return fault(inflated);
			data = inflated;
		}
		return isBinary || isUtf8(data)
			? { kind: "message", data, isBinary }
			: fault(CloseCode.invalidPayload);
	}

	/**
	 * Copies the beginning of a frame into its own memory, so that it does not keep a whole chunk of up to 64 KiB alive.
	 */
	#keepRest(): void {
		const rest = this.#bytes.length - this.#at;
		if (rest === 0) this.#bytes = NOTHING;
		else if (this.#at > 0) {
			const kept = Buffer.allocUnsafeSlow(rest);
			this.#bytes.copy(kept, 0, this.#at);
			this.#bytes = kept;
		}
		this.#at = 0;
	}
}

function control(opcode: number, payload: Buffer): Received {
	if (opcode !== CLOSE)
		return { kind: opcode === PING ? "ping" : "pong", payload };
	if (payload.length === 0)
		return { kind: "close", code: NO_CODE, reason: NOTHING };
	const code = payload.readUInt16BE(0);
	if (!mayBeSent(code)) return fault(PROTOCOL_ERROR);
	const reason = payload.subarray(2);
	return isUtf8(reason)
		? { kind: "close", code, reason }
		: fault(CloseCode.invalidPayload);
}

/** Checks whether a close code may appear in a frame (RFC 6455, section 7.4, and its registry). */
function mayBeSent(code: number): boolean {
	return (
		(code >= 1000 &&
			code <= 1014 &&
			code !== 1004 &&
			code !== NO_CODE &&
			code !== 1006) ||
		(code >= 3000 && code <= 4999)
	);
}

function fault(code: FaultCode): Received {
	return { kind: "fault", code };
}
