import type { SendOptions } from "@secureconnect/client";

/** Bound above the limit of every server. Without it, input without line breaks would fill the memory. */
const MOST_BYTES = 16 * 1024 * 1024;

/** Error for a line that is not UTF-8, such as Latin-1. */
export class NotText extends TypeError {}

/**
 * Yields the lines of an input as they arrive. It splits at `\n` only, because a message may contain other breaks. For
 * a line that is not UTF-8 it yields {@link NotText}: decoding would replace the characters that the user wrote.
 * @throws {RangeError} for a line longer than {@link MOST_BYTES}
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
			throw new RangeError(
				"a line is longer than the largest message that servers accept",
			);
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
		return new NotText(
			"it is not UTF-8: convert the input, for example with iconv",
		);
	}
}

export interface OutgoingMessage {
	readonly content: string;
	readonly options: SendOptions;
}

/**
 * Parses a line. A JSON object with a `content` string is a message with the options of a chat frame; the text of every
 * other line is the content.
 * @throws {TypeError} for an option of the wrong type
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
