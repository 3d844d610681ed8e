import type { SendOptions } from "@secureconnect/client";

/** More than any server takes: without a bound, input without line breaks would fill the memory. */
const MOST_CHARACTERS = 16 * 1024 * 1024;

/**
 * The lines of an input, as they come; split at `\n` alone, since other breaks may stand in a message.
 * @throws {RangeError} for a line that no server would take
 */
export async function* linesOf(
	input: NodeJS.ReadableStream,
): AsyncGenerator<string, void, undefined> {
	input.setEncoding("utf8");
	let rest = "";
	for await (const chunk of input) {
		const lines = (rest + String(chunk)).split("\n");
		rest = lines.pop() ?? "";
		for (const line of lines) yield line.replace(/\r$/, "");
		if (rest.length > MOST_CHARACTERS)
			throw new RangeError("a line is longer than any message may be");
	}
	if (rest !== "") yield rest.replace(/\r$/, "");
}

export interface Outgoing {
	readonly content: string;
	readonly options: SendOptions;
}

/**
 * What a line says: a JSON object with a `content` that is text is that message, with its options as a chat frame has them; any other line
 * is the content itself.
 * @throws {TypeError} for options of the wrong kind
 */
export function outgoingOf(line: string): Outgoing {
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
