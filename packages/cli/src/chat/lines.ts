import type { SendOptions } from "@secureconnect/client";
import type { AmendmentType } from "@secureconnect/protocol";
import { ENTRY_TYPES, isAmendment } from "@secureconnect/protocol/entries";
import { fromWire } from "@secureconnect/protocol/wire";

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

/** What a line of the input sends. */
export type Outgoing = OutgoingMessage | OutgoingAmendment;

interface OutgoingMessage {
	readonly content: string;
	readonly options: SendOptions;
}

/** A change of a stored message. */
interface OutgoingAmendment {
	readonly type: AmendmentType;
	readonly targetId: string;
	readonly fields: Readonly<Record<string, unknown>>;
}

/**
 * Parses a line. A JSON object whose `type` amends a message is that command. Another JSON object with a `content`
 * string is a message with the options of a chat frame. The text of every other line is the content.
 * @throws {TypeError} for a field that is missing or has the wrong type
 */
export async function outgoingOf(line: string): Promise<Outgoing> {
	const fields = objectOf(line);
	if (fields && isAboutMessage(fields)) return amendmentOf(fields);
	if (typeof fields?.content !== "string")
		return { content: line, options: {} };
	const { content } = fields;
	const given = Object.entries(OPTIONS).flatMap(([name, check]) =>
		fields[name] === undefined
			? []
			: [[name, check(fields[name], name)] as const],
	);
	return { content, options: fromWire(Object.fromEntries(given)) };
}

/** Fields of a message besides its content, and how to check them. The server checks the rest. */
const OPTIONS = {
	is_encrypted: boolean,
	message_type: text,
	metadata: object,
	reply_to: text,
	thread_id: text,
	mentions: object,
};

function isAboutMessage({ type, target_id }: Fields): boolean {
	return (
		typeof type === "string" && (isAmendment(type) || target_id !== undefined)
	);
}

async function amendmentOf(given: Fields): Promise<OutgoingAmendment> {
	const type = String(given.type);
	if (!isAmendment(type)) {
		const types = Object.keys(ENTRY_TYPES).filter(isAmendment).join(", ");
		throw new TypeError(
			`the type of a line with target_id must be one of ${types}`,
		);
	}
	// The whole package takes longer to load than everything else here.
	const { ClientFrames, parseAmendment } = await import(
		"@secureconnect/protocol"
	);
	const parsed = parseAmendment(type, given);
	if (!parsed.ok) throw new TypeError(parsed.error.message);
	// A received frame has more fields, which the client sets itself.
	const {
		type: _,
		clientMessageId: __,
		targetId,
		...fields
	} = fromWire(
		Object.fromEntries(
			Object.entries(given).filter(([name]) =>
				Object.hasOwn(ClientFrames[type].properties, name),
			),
		),
	) as Fields;
	return { type, targetId: String(targetId), fields };
}

type Fields = Record<string, unknown>;

function objectOf(line: string): Fields | undefined {
	if (!line.trimStart().startsWith("{")) return undefined;
	try {
		const value = JSON.parse(line) as unknown;
		return isObject(value) ? value : undefined;
	} catch {
		return undefined;
	}
}

function isObject(value: unknown): value is Fields {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

function boolean(value: unknown, name: string): boolean {
	if (typeof value === "boolean") return value;
	throw new TypeError(`${name} must be true or false`);
}

function text(value: unknown, name: string): string {
	if (typeof value === "string") return value;
	throw new TypeError(`${name} must be text`);
}

function object(value: unknown, name: string): Fields {
	if (isObject(value)) return value;
	throw new TypeError(`${name} must be an object`);
}
