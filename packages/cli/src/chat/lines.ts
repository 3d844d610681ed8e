import type { SendOptions } from "@secureconnect/client";

/** More than any server takes: without a bound, input without line breaks would fill the memory. */
const MOST_BYTES = 16 * 1024 * 1024;

/** UTF-8 has no such byte sequence: it is Latin-1, say. */
export class NotText extends TypeError {}

/**
 * Yields the lines of an input as they come, split at `\n` alone, since other breaks may stand in a message. Bytes that
 * are no UTF-8 make a {@link NotText} of their line: as text they would be stored as other characters than were
 * written.
 * @throws {RangeError} for a line that no server would take
 */
export async function* linesOf(
	input: AsyncIterable<unknown>,
): AsyncGenerator<string | NotText, void, undefined> {
	let parts: Buffer[] = [];
	let size = 0;
	for await (const chunk of input) {
		let bytes = Buffer.from(chunk as Uint8Array);
		for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF)) {
			yield textOf([...parts, bytes.subarray(0, end)]);
			parts = [];
			size = 0;
			bytes = bytes.subarray(end + 1);
		}
		parts.push(bytes);
		size += bytes.length;
		if (size > MOST_BYTES)
			throw new RangeError("a line is longer than any message may be");
	}
	if (size > 0) yield textOf(parts);
}

const LF = 0x0a;

function textOf(parts: readonly Buffer[]): string | NotText {
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })
			.decode(Buffer.concat(parts))
			.replace(/\r$/, "");
	} catch {
		return new NotText("it is no UTF-8: convert the input, with iconv say");
	}
}

export interface OutgoingMessage {
	readonly content: string;
	readonly options: SendOptions;
}

/**
 * What a line says: a JSON object with a `content` that is text is that message, with its options as a chat frame has
 * them; any other line is the content itself.
 * @throws {TypeError} for options of the wrong kind
 */
export function outgoingOf(line: string): OutgoingMessage {
	const fields = objectOf(line);
	if (typeof fields?.content !== "string")
		return { content: line, options: {} };
	const { content, is_encrypted, message_type, metadata } = fields;
	return {
		content,
		options: {
			...(is_encrypted === undefined
				? {}
				: { isEncrypted: boolean(is_encrypted) }),
			...(message_type === undefined
				? {}
				: { messageType: text(message_type) }),
			...(metadata === undefined ? {} : { metadata: object(metadata) }),
		},
	};
}

function objectOf(line: string): Record<string, unknown> | undefined {
	if (!line.trimStart().startsWith("{")) return undefined;
	try {
		const value = JSON.parse(line) as unknown;
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function boolean(value: unknown): boolean {
	if (typeof value === "boolean") return value;
	throw new TypeError("is_encrypted must be true or false");
}

function text(value: unknown): string {
	if (typeof value === "string") return value;
	throw new TypeError("message_type must be text");
}

function object(value: unknown): Record<string, unknown> {
	if (isObject(value)) return value;
	throw new TypeError("metadata must be an object");
}
