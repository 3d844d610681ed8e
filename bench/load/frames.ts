/**
 * What the load sends and looks for. Every peer delivers frames of the same shape and length, ours being what it is.
 */
import { randomUUID } from "node:crypto";

const PREFIX = `{"type":"chat","conversation_id":"${randomUUID()}","sender_id":"${randomUUID()}","message_id":"${randomUUID()}","content":"`;
const SUFFIX = `","is_encrypted":false,"message_type":"text","metadata":{},"timestamp":"${new Date().toISOString()}","seq":123456}`;

/** Bytes before the content, in a chat frame of ours. */
export const CONTENT_OFFSET = PREFIX.length;
export const STAMP_DIGITS = 12;
export const SENDER_DIGITS = 5;

/** The content of a message: when it was sent, who sent it, and words up to a length. */
export function contentOf(sender: number, words: string): string {
	return `${String(Math.round(performance.now() * 1000)).padStart(STAMP_DIGITS, "0")}${String(sender).padStart(SENDER_DIGITS, "0")}${words}`;
}

/** Something that compresses like chat does. */
export function wordsOf(length: number): string {
	const line = "hello there, this is a message of ordinary length, number ";
	let text = "";
	for (let i = 0; text.length < length; i++)
		text += `${line}${(i * 2654435761) % 1_000_003} `;
	return text.slice(0, length);
}

/** The JSON that ours gets from a client; it makes the rest of the frame itself. */
export function chatInput(content: string): string {
	return `{"type":"chat","content":"${content}"}`;
}

/** The JSON that a peer relays as it is, as long as what ours delivers. */
export function chatFrame(content: string): string {
	return `${PREFIX}${content}${SUFFIX}`;
}

/** A text frame; a client's is masked, with zeros, because the load has better things to do than masking. */
export function textFrame(text: string, masked = true): Buffer {
	const length = Buffer.byteLength(text);
	const short = length < 126;
	const header = (short ? 2 : 4) + (masked ? 4 : 0);
	const frame = Buffer.alloc(header + length);
	frame[0] = 0x81;
	frame[1] = (masked ? 0x80 : 0) | (short ? length : 126);
	if (!short) frame.writeUInt16BE(length, 2);
	frame.write(text, header, "latin1");
	return frame;
}
