import {
	type ChatInput,
	type Entry,
	ERROR_CODES,
	type ErrorCode,
	encodeChatBody,
	encodeEntry,
	encodeRemovalBody,
	Limits,
	parseClientFrame,
	parseInboxFrame,
	rfc3339,
	ServerFrames,
} from "@secureconnect/protocol";
import fc from "fast-check";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";

const ID = "550e8400-e29b-41d4-a716-446655440000";
const isChat = Compile(ServerFrames.chat);

const text = fc.string({ unit: "grapheme" }).filter((s) => !s.includes("\0"));
const metadata = fc.dictionary(
	text.filter((key) => key !== "__proto__"),
	fc.letrec<{ value: unknown }>((tie) => ({
		value: fc.oneof(
			{ maxDepth: 3 },
			fc.constant(null),
			fc.boolean(),
			fc.double({ noNaN: true, noDefaultInfinity: true }),
			text,
			fc.array(tie("value"), { maxLength: 3 }),
			fc.dictionary(
				text.filter((key) => key !== "__proto__"),
				tie("value"),
				{ maxKeys: 3 },
			),
		),
	})).value,
	{ maxKeys: 4 },
);
const said = fc.record(
	{
		content: text,
		is_encrypted: fc.boolean(),
		message_type: text.filter((s) => s.length <= Limits.maxMessageTypeLength),
		metadata,
		client_message_id: fc.uuid(),
	},
	{ requiredKeys: ["content"] },
);

function parsedChat(frame: unknown): ChatInput {
	const parsed = parseClientFrame(JSON.stringify(frame));
	if (!parsed.ok || parsed.value.type !== "chat")
		throw new Error(`refused: ${JSON.stringify(parsed)}`);
	return parsed.value;
}

function entry(overrides: Partial<Entry>): Entry {
	return {
		type: "chat",
		conversationId: ID,
		seq: 1,
		messageId: ID,
		senderId: ID,
		timestamp: 0,
		clientMessageId: null,
		body: "",
		...overrides,
	};
}

test("every valid chat frame of a client becomes a chat frame for receivers with the same fields", () => {
	fc.assert(
		fc.property(
			said,
			fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
			fc.integer({ min: 0, max: 4e12 }),
			(fields, seq, timestamp) => {
				const chat = parsedChat({ type: "chat", ...fields });
				const json = encodeEntry(
					entry({
						seq,
						timestamp,
						clientMessageId: chat.clientMessageId ?? null,
						body: encodeChatBody(chat),
					}),
				);
				const frame: unknown = JSON.parse(json);
				expect([...isChat.Errors(frame)]).toEqual([]);
				// JSON has no -0, so the expected fields pass through JSON too.
				expect(frame).toEqual({
					type: "chat",
					conversation_id: ID,
					sender_id: ID,
					message_id: ID,
					is_encrypted: false,
					message_type: "text",
					metadata: {},
					...(JSON.parse(JSON.stringify(fields)) as object),
					timestamp: rfc3339(timestamp),
					seq,
				});
			},
		),
	);
});

test("parseClientFrame accepts any text without throwing, and refuses invalid text with a documented code", () => {
	fc.assert(
		fc.property(
			fc.oneof(
				fc.string({ unit: "binary" }),
				fc.json({ stringUnit: "binary" }),
				fc
					.record({
						type: fc.constantFrom("chat", "typing", "read", "auth"),
						content: fc.jsonValue(),
						metadata: fc.jsonValue(),
						message_id: fc.jsonValue(),
						access_token: fc.jsonValue(),
						client_message_id: fc.jsonValue(),
					})
					.map((frame) => JSON.stringify(frame)),
			),
			(input) => {
				const parsed = parseClientFrame(input, true);
				if (parsed.ok) return;
				expect(Object.keys(ERROR_CODES)).toContain(parsed.error.code);
				expect(parsed.error.message).not.toBe("");
			},
		),
	);
});

describe("parseClientFrame", () => {
	test.each<[string, string, ErrorCode]>([
		["ten thousand levels of arrays", "[".repeat(10_000), "invalid_json"],
		[
			"ten thousand levels in a frame",
			`{"type":"chat","content":"","metadata":{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}}`,
			"invalid_frame",
		],
		[
			"a type from a prototype",
			'{"__proto__":{"type":"typing"}}',
			"unknown_type",
		],
		[
			"content from a prototype",
			'{"type":"chat","__proto__":{"content":"x"}}',
			"invalid_frame",
		],
		["the last of two types", '{"type":"typing","type":"x"}', "unknown_type"],
		[
			"a lone surrogate in content",
			'{"type":"chat","content":"\\ud800"}',
			"invalid_frame",
		],
		[
			"U+0000 in content",
			'{"type":"chat","content":"\\u0000"}',
			"invalid_frame",
		],
		[
			"U+0000 in message_type",
			'{"type":"chat","content":"","message_type":"\\u0000"}',
			"invalid_frame",
		],
		[
			"a lone surrogate in message_type",
			'{"type":"chat","content":"","message_type":"\\udfff"}',
			"invalid_frame",
		],
		[
			"a lone surrogate in a key",
			'{"type":"chat","content":"","metadata":{"\\ud800":1}}',
			"invalid_frame",
		],
		[
			"U+0000 deep in metadata",
			'{"type":"chat","content":"","metadata":{"a":[{"b":"\\u0000"}]}}',
			"invalid_frame",
		],
		[
			"a number above the largest double",
			'{"type":"chat","content":"","metadata":{"a":1e400}}',
			"invalid_frame",
		],
		[
			"__proto__ in metadata",
			'{"type":"chat","content":"","metadata":{"__proto__":{}}}',
			"invalid_frame",
		],
		[
			"__proto__ deep in metadata",
			'{"type":"chat","content":"","metadata":{"a":[{"__proto__":1}]}}',
			"invalid_frame",
		],
		["a byte order mark", '\ufeff{"type":"typing"}', "invalid_json"],
	])("[FR-10] refuses %s", (_, input, code) => {
		const parsed = parseClientFrame(input, true);
		expect(parsed).toMatchObject({ ok: false, error: { code } });
	});

	test.each([
		["an integer that would be rounded", "9007199254740993"],
		["a negative integer that would be rounded", "-9007199254740995"],
		["a whole part that would be rounded", "9007199254740993.5"],
		["a number that would become 0", "1e-400"],
		["a small number without exponent", `0.${"0".repeat(400)}1`],
	])("[FR-10] refuses metadata with %s", (_, number) => {
		const frame = `{"type":"chat","content":"9007199254740993","metadata":{"a":[${number}]}}`;
		expect(parseClientFrame(frame)).toMatchObject({
			ok: false,
			error: {
				code: "invalid_frame",
				message: expect.stringMatching(/number|integer/),
			},
		});
	});

	test.each([
		"9007199254740991",
		"1152921504606847000",
		"-9007199254740991",
		"0",
		"-0",
		"0.0e-500",
		"1e300",
		"1.7976931348623157e+308",
		"5e-324",
		"-0.1",
	])("[FR-10] accepts metadata with the number %s", (number) => {
		const frame = `{"type":"chat","content":"9007199254740993 \\" 1e-400","metadata":{"a":[${number},"1e-400"]}}`;
		expect(parseClientFrame(frame)).toMatchObject({ ok: true });
	});

	test("[FR-5] a number in an unknown field is not checked", () => {
		const frame = '{"type":"chat","content":"","x":9007199254740993}';
		expect(parseClientFrame(frame).ok).toBe(true);
	});

	test("accepts metadata whose keys are names of Object's members", () => {
		const odd = { constructor: 1, toString: "x", hasOwnProperty: null };
		expect(
			parsedChat({ type: "chat", content: "", metadata: odd }).metadata,
		).toEqual(odd);
	});

	test("counts the characters of message_type, not its bytes", () => {
		const type = (count: number) => ({
			type: "chat",
			content: "",
			message_type: "漢".repeat(count),
		});
		expect(parsedChat(type(64)).messageType).toHaveLength(64);
		expect(parseClientFrame(JSON.stringify(type(65))).ok).toBe(false);
	});

	test("[FR-5] reads the other frames, converts ids to lower case, and drops unknown fields", () => {
		const read = (frame: object) =>
			parseClientFrame(JSON.stringify(frame), true);
		expect(read({ type: "typing", content: 1 })).toEqual({
			ok: true,
			value: { type: "typing" },
		});
		expect(read({ type: "read", message_id: ID.toUpperCase(), x: 1 })).toEqual({
			ok: true,
			value: { type: "read", messageId: ID },
		});
		expect(read({ type: "auth", access_token: "a.b.c" })).toEqual({
			ok: true,
			value: { type: "auth", accessToken: "a.b.c" },
		});
	});

	test("names the invalid field", () => {
		const parsed = parseClientFrame(
			'{"type":"chat","content":"","metadata":1}',
		);
		expect(parsed).toMatchObject({
			error: { message: expect.stringMatching(/^metadata /) },
		});
	});
});

test("a removal is a valid participant_removed frame", () => {
	const frame: unknown = JSON.parse(
		encodeEntry(
			entry({ type: "participant_removed", body: encodeRemovalBody(ID) }),
		),
	);
	expect([...Compile(ServerFrames.participant_removed).Errors(frame)]).toEqual(
		[],
	);
	expect(frame).toMatchObject({ user_id: ID, seq: 1 });
});

const conversationId = "550e8400-e29b-41d4-a716-446655440000";

test("parseInboxFrame returns the conversation beside the frame, in lower case", () => {
	const upper = conversationId.toUpperCase();
	expect(
		parseInboxFrame(JSON.stringify({ type: "typing", conversation_id: upper })),
	).toEqual({ ok: true, value: { conversationId, frame: { type: "typing" } } });
	expect(
		parseInboxFrame(
			JSON.stringify({
				type: "subscribe",
				conversation_id: upper,
				after: upper,
				presence: false,
			}),
		),
	).toEqual({
		ok: true,
		value: {
			conversationId,
			frame: {
				type: "subscribe",
				conversationId,
				after: conversationId,
				presence: false,
			},
		},
	});
	expect(
		parseInboxFrame(JSON.stringify({ type: "auth", access_token: "token" })),
	).toMatchObject({ ok: true, value: { conversationId: undefined } });
});

test.each([
	[{ type: "typing" }, "conversation_id is required"],
	[{ type: "subscribe", conversation_id: "x" }, "must be a UUID"],
	[{ type: "subscribe", conversation_id: conversationId, after: 1 }, "after"],
	[
		{ type: "subscribe", conversation_id: conversationId, after_seq: -1 },
		"after_seq",
	],
	[
		{ type: "welcome", conversation_id: conversationId },
		"subscribe, unsubscribe",
	],
])("parseInboxFrame refuses %j and says why", (fields, message) => {
	const parsed = parseInboxFrame(JSON.stringify(fields));
	expect(parsed).toMatchObject({
		ok: false,
		error: { message: expect.stringContaining(message) },
	});
});

test("parseInboxFrame names the conversation of a frame that it refuses", () => {
	expect(
		parseInboxFrame(
			JSON.stringify({ type: "read", conversation_id: conversationId }),
		),
	).toMatchObject({ ok: false, error: { conversationId } });
});
