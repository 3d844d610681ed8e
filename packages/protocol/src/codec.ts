/** Parses what clients send: from the wire's snake_case to the program's camelCase. `encode.ts` is its counterpart. */
import { Compile } from "typebox/compile";
import type { TLocalizedValidationError } from "typebox/error";
import { toWire } from "./camel.ts";
import type { Amendment, Mentions } from "./entry.ts";
import { type AmendmentType, foldOf, isAmendment } from "./entry-types.ts";
import type { ErrorCode, ProtocolError } from "./errors.ts";
import { type ChatInput, type ClientFrame, ClientFrames } from "./frames.ts";
import { parseUuid } from "./ids.ts";
import { type InboxClientFrame, InboxClientFrames } from "./inbox-frames.ts";
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
type ClientFrameType = keyof typeof ClientFrames;
type ParsedClientFrame =
	| Exclude<ClientFrame, { type: "chat" | AmendmentType }>
	| ChatInput
	| Amendment;

const validators = Object.fromEntries(
	Object.entries(ClientFrames).map(([type, schema]) => [type, Compile(schema)]),
) as unknown as {
	[K in ClientFrameType]: ReturnType<typeof Compile<(typeof ClientFrames)[K]>>;
};
const inboxValidators = { subscribe: Compile(InboxClientFrames.subscribe) };
/** Fields of each frame that hold text which users choose. */
const textFields = Object.fromEntries(
	Object.entries(ClientFrames).map(([type, { properties }]) => [
		type,
		Object.entries(properties).flatMap(([name, schema]) =>
			name !== "type" && "type" in schema && schema.type === "string"
				? [name]
				: [],
		),
	]),
) as Record<ClientFrameType, string[]>;
/** Types of frames that only connections with the subprotocol may send. */
const V1_TYPES: readonly string[] = ["auth"];

/** Frame of a connection that carries several conversations. */
export type InboxInput =
	| {
			/** Conversation that the frame is about. */
			readonly conversationId: string;
			readonly frame:
				| Exclude<ParsedClientFrame, { type: "auth" }>
				| InboxClientFrame;
	  }
	| {
			readonly conversationId: undefined;
			readonly frame: Extract<ParsedClientFrame, { type: "auth" }>;
	  };

/**
 * Parses a frame from a client. Never throws.
 * @param v1 whether the connection has the subprotocol; without it, frames marked (v1) have an unknown type
 */
export function parseClientFrame(
	text: string,
	v1 = false,
): Parsed<ParsedClientFrame> {
	const fields = parseObject(text);
	return fields.ok ? parseFields(text, fields.value, v1) : fields;
}

/** Parses a frame that names its conversation. Never throws. An error names the conversation if the frame does. */
export function parseInboxFrame(text: string): Parsed<InboxInput> {
	const parsed = parseObject(text);
	if (!parsed.ok) return parsed;
	const fields = parsed.value;
	const { type } = fields;
	if (type === "auth") {
		const auth = parseFields(text, fields, true);
		return auth.ok
			? {
					ok: true,
					value: {
						conversationId: undefined,
						frame: auth.value as Extract<ParsedClientFrame, { type: "auth" }>,
					},
				}
			: auth;
	}
	const conversationId = parseUuid(fields.conversation_id);
	const isInboxType =
		typeof type === "string" && Object.hasOwn(InboxClientFrames, type);
	if (!isInboxType && !isClientFrameType(type, true))
		return refuse(
			"unknown_type",
			`type must be one of ${[...Object.keys(InboxClientFrames), ...clientFrameTypes(true)].join(", ")}`,
			fields,
			conversationId,
		);
	if (conversationId === undefined)
		return refuse(
			"invalid_frame",
			fields.conversation_id === undefined
				? "conversation_id is required"
				: "conversation_id must be a UUID other than the nil UUID",
			fields,
		);
	const frame = isInboxType
		? parseSubscription(
				text,
				type as keyof typeof InboxClientFrames,
				fields,
				conversationId,
			)
		: parseFields(text, fields, true);
	return frame.ok
		? {
				ok: true,
				value: { conversationId, frame: frame.value } as InboxInput,
			}
		: { ok: false, error: { ...frame.error, conversationId } };
}

function parseSubscription(
	text: string,
	type: keyof typeof InboxClientFrames,
	fields: Fields,
	conversationId: string,
): Parsed<InboxClientFrame> {
	if (text.length > Limits.maxOtherFrameCharacters)
		return tooLong(type, fields);
	if (isDeeperThan(fields, Limits.maxDepth)) return tooDeep(fields);
	if (type === "unsubscribe")
		return { ok: true, value: { type, conversationId } };
	const validator = inboxValidators.subscribe;
	if (!validator.Check(fields))
		return refuse("invalid_frame", why(validator.Errors(fields)), fields);
	const { after, after_seq: afterSeq, device_id: deviceId, presence } = fields;
	return {
		ok: true,
		value: {
			type,
			conversationId,
			...(after === undefined ? {} : { after: after.toLowerCase() }),
			...(afterSeq === undefined ? {} : { afterSeq }),
			...(deviceId === undefined ? {} : { deviceId: deviceId.toLowerCase() }),
			...(presence === undefined ? {} : { presence }),
		},
	};
}

function parseObject(text: string): Parsed<Fields> {
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
	return typeof value === "object" && value !== null && !Array.isArray(value)
		? { ok: true, value: value as Fields }
		: refuse("invalid_json", "the frame is not a JSON object");
}

function parseFields(
	text: string,
	fields: Fields,
	v1: boolean,
): Parsed<ParsedClientFrame> {
	const { type } = fields;
	if (!isClientFrameType(type, v1))
		return refuse(
			"unknown_type",
			`type must be one of ${clientFrameTypes(v1).join(", ")}`,
			fields,
		);
	if (type === "chat") return exact(text, fields, parseChat(fields));
	if (isAmendment(type) && foldOf(type)?.kind === "replace")
		return exact(text, fields, parseAmendment(type, fields));
	if (text.length > Limits.maxOtherFrameCharacters)
		return tooLong(type, fields);
	if (isAmendment(type)) return parseAmendment(type, fields);
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

function clientFrameTypes(v1: boolean): string[] {
	return Object.keys(ClientFrames).filter(
		(type) => v1 || !V1_TYPES.includes(type),
	);
}

function isClientFrameType(
	type: unknown,
	v1: boolean,
): type is ClientFrameType {
	return (
		typeof type === "string" &&
		Object.hasOwn(ClientFrames, type) &&
		(v1 || !V1_TYPES.includes(type))
	);
}

/**
 * Refuses numbers that the stored content would change. Only numbers in `metadata` are stored, so a frame without
 * metadata needs no check.
 */
function exact<T>(text: string, fields: Fields, parsed: Parsed<T>): Parsed<T> {
	const { metadata } = fields;
	if (!parsed.ok || metadata === undefined || isEmpty(metadata as Fields))
		return parsed;
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
		reply_to: replyTo,
		thread_id: threadId,
		mentions,
	} = fields;
	const why = whyUnstorableContent("chat", fields);
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
			...(replyTo === undefined ? {} : { replyTo: replyTo.toLowerCase() }),
			...(threadId === undefined ? {} : { threadId: threadId.toLowerCase() }),
			...(mentions === undefined ? {} : { mentions: toMentions(mentions) }),
		},
	};
}

/**
 * Parses an amendment of a message, or a REST request to which the caller added its `type`. Never throws.
 */
export function parseAmendment(
	type: AmendmentType,
	fields: Fields,
): Parsed<Amendment> {
	if (isDeeperThan(fields, Limits.maxDepth)) return tooDeep(fields);
	const validator = validators[type];
	if (!validator.Check(fields)) return invalid(type, fields);
	const why = whyUnstorableContent(type, fields);
	if (why) return refuse("invalid_frame", why, fields);
	const {
		type: _,
		target_id,
		client_message_id: clientMessageId,
		if_version: ifVersion,
		mentions: given,
		...rest
	} = fields as Fields & {
		target_id: string;
		client_message_id?: string;
		if_version?: number;
		mentions?: Parameters<typeof toMentions>[0];
	};
	const mentions = given && toMentions(given);
	const targetId = target_id.toLowerCase();
	const body: Fields = { target_id: targetId };
	for (const name of Object.keys(ClientFrames[type].properties))
		if (rest[name] !== undefined) body[name] = rest[name];
	if (mentions) body.mentions = toWire(mentions);
	const fold = foldOf(type);
	const name =
		fold?.kind === "mark" && fold.nameField ? rest[fold.nameField] : "";
	if (typeof name === "string" && CONTROL_CHARACTER.test(name))
		return refuse(
			"invalid_frame",
			`${type} must not contain control characters`,
			fields,
		);
	return {
		ok: true,
		value: {
			type,
			targetId,
			body: JSON.stringify(body),
			...(clientMessageId === undefined
				? {}
				: { clientMessageId: clientMessageId.toLowerCase() }),
			...(ifVersion === undefined ? {} : { ifVersion }),
			...(mentions ? { mentions } : {}),
			...(fold?.kind === "mark"
				? { mark: { name: String(name), on: rest.on === true } }
				: {}),
		},
	};
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: this expression finds them
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f-\u009f]/;

function toMentions(mentions: {
	user_ids?: readonly string[];
	all?: boolean;
}): Mentions {
	const { user_ids: userIds = [], all = false } = mentions;
	return { userIds: [...new Set(userIds.map((id) => id.toLowerCase()))], all };
}

/** Returns why text or metadata of a valid frame must not be stored, or undefined if it may. Ignores unknown fields. */
function whyUnstorableContent(
	type: ClientFrameType,
	fields: Fields,
): string | undefined {
	for (const name of textFields[type]) {
		const why = whyUnstorable(fields[name]);
		if (why) return why;
	}
	const { metadata } = fields;
	return metadata === undefined
		? undefined
		: whyUnstorableMetadata(metadata as Fields);
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

function invalid(type: ClientFrameType, fields: Fields): Parsed<never> {
	return refuse("invalid_frame", why(validators[type].Errors(fields)), fields);
}

/** Says what the first of these errors means. */
function why([first]: readonly TLocalizedValidationError[]): string {
	const where = first?.instancePath.slice(1).replaceAll("/", ".");
	return first?.keyword === "required"
		? `${first.params.requiredProperties.join(", ")} is required`
		: `${where} ${first?.keyword === "pattern" ? "must be a UUID other than the nil UUID" : first?.message}`;
}

function tooLong(type: string, fields: Fields): Parsed<never> {
	return refuse(
		"invalid_frame",
		`a ${type} frame must be at most ${Limits.maxOtherFrameCharacters} characters long`,
		fields,
	);
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
	conversationId?: string,
): Parsed<never> {
	const clientMessageId = parseUuid(fields?.client_message_id);
	return {
		ok: false,
		error: {
			code,
			message,
			...(clientMessageId === undefined ? {} : { clientMessageId }),
			...(conversationId === undefined ? {} : { conversationId }),
		},
	};
}

function utf8Length(text: string): number {
	return new TextEncoder().encode(text).length;
}
