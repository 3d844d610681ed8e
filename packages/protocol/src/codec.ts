/** Converts between the wire's snake_case and the program's camelCase. No other module knows both. */
import { Compile } from "typebox/compile";
import { toWire } from "./camel.ts";
import type { Entry } from "./entry.ts";
import type { ErrorCode, ProtocolError } from "./errors.ts";
import {
	type ChatInput,
	type ClientFrame,
	ClientFrames,
	type ServerFrame,
	type ServerFrameOf,
} from "./frames.ts";
import { parseUuid } from "./ids.ts";
import {
	hasTooMuchStructure,
	isDeeperThan,
	whyInexact,
	whyUnstorable,
} from "./json.ts";
import { Limits } from "./limits.ts";

export type Parsed<T> =
	| { readonly ok: true; readonly value: T }
	| { readonly ok: false; readonly error: ProtocolError };

type Fields = Record<string, unknown>;
type ParsedClientFrame = Exclude<ClientFrame, { type: "chat" }> | ChatInput;

const validators = {
	chat: Compile(ClientFrames.chat),
	typing: Compile(ClientFrames.typing),
	read: Compile(ClientFrames.read),
	auth: Compile(ClientFrames.auth),
};

/**
 * Parses a frame from a client. Never throws.
 * @param v1 whether the connection has the subprotocol; without it, frames marked (v1) have an unknown type
 */
export function parseClientFrame(
	text: string,
	v1 = false,
): Parsed<ParsedClientFrame> {
	// Checked before parsing, because parsing causes the cost that the check prevents.
	if (hasTooMuchStructure(text))
		return refuse(
			"invalid_frame",
			`JSON must have at most ${Limits.maxStructureCharacters} characters outside its strings`,
		);
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch {
		return refuse(
			"invalid_json",
			'the frame is not JSON; an example of a valid frame is {"type":"chat","content":"Hello"}',
		);
	}
	if (typeof value !== "object" || value === null || Array.isArray(value))
		return refuse("invalid_json", "the frame is not a JSON object");
	const fields = value as Fields;
	const type = fields.type === "auth" && !v1 ? undefined : fields.type;
	if (type === "chat") return parseChatText(text, fields);
	if (type !== "typing" && type !== "read" && type !== "auth")
		return refuse(
			"unknown_type",
			v1
				? "type must be one of chat, typing, read, auth"
				: "type must be one of chat, typing, read",
			fields,
		);
	if (text.length > Limits.maxOtherFrameCharacters)
		return refuse(
			"invalid_frame",
			`a ${type} frame must be at most ${Limits.maxOtherFrameCharacters} characters long`,
			fields,
		);
	if (isDeeperThan(fields, Limits.maxDepth)) return tooDeep(fields);
	switch (type) {
		case "typing":
			return { ok: true, value: { type } };
		case "read":
			if (!validators.read.Check(fields)) return invalid("read", fields);
			return {
				ok: true,
				value: { type, messageId: fields.message_id.toLowerCase() },
			};
		case "auth":
			if (!validators.auth.Check(fields)) return invalid("auth", fields);
			return {
				ok: true,
				value: { type, accessToken: fields.access_token },
			};
	}
}

/**
 * Only numbers in `metadata` are stored, so other frames need no check for exact numbers. Most frames have no metadata.
 */
function parseChatText(text: string, fields: Fields): Parsed<ChatInput> {
	const parsed = parseChat(fields);
	if (!parsed.ok || isEmpty(parsed.value.metadata)) return parsed;
	const why = whyInexact(text);
	return why ? refuse("invalid_frame", why, fields) : parsed;
}

function isEmpty(metadata: Record<string, unknown>): boolean {
	for (const _ in metadata) return false;
	return true;
}

/**
 * Parses a chat frame, or a REST body to which the caller added `type: "chat"`. Fills in the defaults. Never throws.
 */
export function parseChat(fields: Fields): Parsed<ChatInput> {
	if (isDeeperThan(fields, Limits.maxDepth)) return tooDeep(fields);
	if (!validators.chat.Check(fields)) return invalid("chat", fields);
	const {
		content,
		is_encrypted: isEncrypted = false,
		message_type: messageType = "text",
		metadata = {},
		client_message_id: clientMessageId,
	} = fields;
	const why =
		whyUnstorable(content) ??
		whyUnstorable(messageType) ??
		(fields.metadata && whyUnstorableMetadata(fields.metadata));
	if (why) return refuse("invalid_frame", why, fields);
	return {
		ok: true,
		value: {
			type: "chat",
			content,
			isEncrypted,
			messageType,
			metadata,
			...(clientMessageId === undefined
				? {}
				: { clientMessageId: clientMessageId.toLowerCase() }),
		},
	};
}

/**
 * Returns why metadata exceeds the limits, or undefined if it does not. Messages and conversations have the same
 * limits.
 */
export function whyUnstorableMetadata(
	metadata: Record<string, unknown>,
): string | undefined {
	if (utf8Length(JSON.stringify(metadata)) > Limits.maxMetadataBytes)
		return `metadata must be at most ${Limits.maxMetadataBytes} bytes as JSON`;
	return whyUnstorable(metadata);
}

/** Encodes the JSON that the log stores for a chat message and that the server inserts into its frames. */
export function encodeChatBody(chat: ChatInput): string {
	return JSON.stringify({
		content: chat.content,
		is_encrypted: chat.isEncrypted,
		message_type: chat.messageType,
		metadata: chat.metadata,
	});
}

/** Encodes the JSON that the log stores for a removal. */
export function encodeRemovalBody(userId: string): string {
	return `{"user_id":"${userId}"}`;
}

/**
 * Encodes a log entry as a frame, with its fields in the seed document's order. It joins text, because `body` is
 * already JSON and the ids are UUIDs. A message's content is therefore encoded only once.
 */
export function encodeEntry(entry: Entry): string {
	const body = entry.body.slice(1, -1);
	const dedupe =
		entry.clientMessageId === null
			? ""
			: `,"client_message_id":"${entry.clientMessageId}"`;
	return `{"type":"${entry.type}","conversation_id":"${entry.conversationId}","sender_id":"${entry.senderId}","message_id":"${entry.messageId}",${body},"timestamp":"${rfc3339(entry.timestamp)}","seq":${entry.seq}${dedupe}}`;
}

/** Encodes any frame other than a log entry. */
export function encodeFrame(
	frame: Exclude<
		ServerFrame,
		ServerFrameOf["chat"] | ServerFrameOf["participant_removed"]
	>,
): string {
	return JSON.stringify(toWire(frame));
}

let lastMs = 0;
let lastText = new Date(lastMs).toISOString();

/** Formats milliseconds since 1970 as RFC 3339, in UTC, with milliseconds. */
export function rfc3339(ms: number): string {
	// Frames of the same millisecond come together, and formatting the date is most of the cost of a frame.
	if (ms !== lastMs) {
		lastText = new Date(ms).toISOString();
		lastMs = ms;
	}
	return lastText;
}

function invalid(type: keyof typeof validators, fields: Fields): Parsed<never> {
	const [first] = validators[type].Errors(fields);
	const where = first?.instancePath.slice(1).replaceAll("/", ".");
	const message =
		first?.keyword === "required"
			? `${first.params.requiredProperties.join(", ")} is required`
			: `${where} ${first?.keyword === "pattern" ? "must be a UUID other than the nil UUID" : first?.message}`;
	return refuse("invalid_frame", message, fields);
}

function tooDeep(fields: Fields): Parsed<never> {
	return refuse(
		"invalid_frame",
		`JSON must be at most ${Limits.maxDepth} levels deep`,
		fields,
	);
}

function refuse(
	code: ErrorCode,
	message: string,
	fields?: Fields,
): Parsed<never> {
	const clientMessageId = parseUuid(fields?.client_message_id);
	return {
		ok: false,
		error: {
			code,
			message,
			...(clientMessageId === undefined ? {} : { clientMessageId }),
		},
	};
}

function utf8Length(text: string): number {
	return new TextEncoder().encode(text).length;
}
