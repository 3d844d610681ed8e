/**
 * Frames that the load sends and recognises. The peers deliver frames with the shape and length of this server's.
 */
import { randomUUID } from "node:crypto";

const IDS = `"conversation_id":"${randomUUID()}","sender_id":"${randomUUID()}","message_id":"${randomUUID()}"`;
const STORED = `"timestamp":"${new Date().toISOString()}","seq":123456`;
const PREFIX = `{"type":"chat",${IDS},"content":"`;
const SUFFIX = `","is_encrypted":false,"message_type":"text","metadata":{},${STORED}}`;

/** Number of bytes before the content in this server's chat frame. */
export const CONTENT_OFFSET = PREFIX.length;
export const STAMP_DIGITS = 12;
export const SENDER_DIGITS = 5;

/** Builds the content of a message: time of sending, sender, and words up to a length. */
export function contentOf(sender: number, words: string): string {
	return `${stamp()}${String(sender).padStart(SENDER_DIGITS, "0")}${words}`;
}

/** Returns the time in microseconds. */
function stamp(): string {
	return String(Math.round(performance.now() * 1000)).padStart(
		STAMP_DIGITS,
		"0",
	);
}

/** Returns text that compresses like chat messages. */
export function wordsOf(length: number): string {
	const line = "hello there, this is a message of ordinary length, number ";
	let text = "";
	for (let i = 0; text.length < length; i++)
		text += `${line}${(i * 2654435761) % 1_000_003} `;
	return text.slice(0, length);
}

/** Returns the JSON that a client sends to this server, which adds the other fields. */
export function chatInput(content: string): string {
	return `{"type":"chat","content":"${content}"}`;
}

/** Number of bytes from the time of sending to the end of this server's reaction frame. */
export const REACTION_STAMP_FROM_END = STAMP_DIGITS + '"}'.length;

/** Reaction of a sender to a message. */
export interface Reaction {
	readonly sender: number;
	readonly targetId: string;
	readonly on: boolean;
}

/** Returns the JSON of a client's reaction. The time of sending is the last group of its `client_message_id`. */
export function reactionInput(reaction: Reaction): string {
	return `{"type":"reaction",${reactionFields(reaction)},${stampedId(reaction)}}`;
}

/** Returns the JSON that a peer relays unchanged. It is as long as the reaction frame that this server delivers. */
export function reactionFrame(reaction: Reaction): string {
	return `{"type":"reaction",${IDS},${reactionFields(reaction)},${STORED},${stampedId(reaction)}}`;
}

function reactionFields({ targetId, on }: Reaction): string {
	return `"target_id":"${targetId}","reaction":"+1","on":${on}`;
}

function stampedId({ sender }: Reaction): string {
	return `"client_message_id":"${String(sender).padStart(8, "0")}-0000-4000-8000-${stamp()}"`;
}

/** Returns the JSON that a peer relays unchanged. It is as long as the frame that this server delivers. */
export function chatFrame(content: string): string {
	return `${PREFIX}${content}${SUFFIX}`;
}

/** Builds a text frame. A client's frame has a mask of zeros, which costs the load no CPU. */
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
