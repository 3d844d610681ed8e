import { randomUUID } from "node:crypto";
import { ERROR_CODES, ServerFrames } from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { type Check, check } from "../check.ts";
import { expectNone, type Frame, type TestClient } from "../test-client.ts";
import { inWords, type Trial } from "../trial.ts";
import { expect, expectSame, Failed } from "../verdict.ts";

const DEFAULT_MAX_BYTES = 1024 * 1024;
const METADATA_BYTES = 16_384;
/** A UUID that no server assigned: no such message exists. */
const NO_MESSAGE = "01a206f1-c003-7000-b1c4-4de839382737";

const REFUSED: readonly (readonly [string, string])[] = [
	["invalid_json", "{"],
	["invalid_json", "[]"],
	["invalid_json", '"chat"'],
	["unknown_type", "{}"],
	["unknown_type", '{"type":"conformance"}'],
	["unknown_type", '{"type":"user_joined"}'],
	["invalid_frame", '{"type":"chat"}'],
	["invalid_frame", '{"type":"chat","content":"x","metadata":[]}'],
	["invalid_frame", '{"type":"read","message_id":"x"}'],
];
const UNSTORABLE: readonly string[] = [
	'{"type":"chat","content":"a\\u0000b"}',
	'{"type":"chat","content":"\\ud800"}',
	'{"type":"chat","content":"x","metadata":{"n":1e400}}',
	'{"type":"chat","content":"x","metadata":{"__proto__":{}}}',
];

export const FRAMES: readonly Check[] = [
	check("FR-1", async (t) => {
		const { a, b } = await t.pair();
		await a.send({ type: "typing" });
		const message = await a.say();
		await b.upTo(message);
		await b.send({ type: "read", message_id: message.message_id });
		await a.upTo(await b.say());
		for (const peer of [a, b]) {
			expect(
				peer.malformed.length === 0,
				"only JSON objects in text frames",
				peer.malformed,
			);
			for (const frame of peer.frames)
				expect(
					typeof frame.type === "string" && typeof frame.timestamp === "string",
					"type and timestamp in every frame",
					frame,
				);
		}
	}),

	check("FR-2", async (t) => {
		const { a, b } = await t.pair();
		const id = randomUUID();
		const message = await a.say({
			metadata: { k: "v" },
			client_message_id: id,
		});
		await a.send({
			type: "chat",
			content: message.content,
			metadata: { k: "v" },
			client_message_id: id,
		});
		await a.next("ack");
		await a.send({ type: "typing" });
		await b.upTo(message);
		await b.send({ type: "read", message_id: message.message_id });
		await b.send({ type: "conformance" });
		await b.next("error");
		await a.upTo(await b.say({ metadata: { k: "v" } }));
		const known: Record<string, ReturnType<typeof Compile>> = validators;
		for (const frame of [...a.frames, ...b.frames]) {
			const validator = known[String(frame.type)];
			const [wrong] = validator?.Errors(frame) ?? [];
			expect(
				wrong === undefined,
				`a ${String(frame.type)} frame of the specified shape (${wrong?.instancePath} ${wrong?.message})`,
				frame,
			);
			expect(
				/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(
					String(frame.timestamp),
				),
				"timestamps in UTC with milliseconds",
				frame.timestamp,
			);
		}
	}),

	check("FR-3", async (t) => {
		const { a, b, alice, room } = await t.pair();
		const from = b.mark;
		const content = "not to be relayed";
		const types = ["conformance", "user_left", "welcome"];
		const senders: TestClient[] = [];
		for (const type of types) {
			const sender = await t.connect(alice, room);
			senders.push(sender);
			await sender.send({ type, content });
			// After the copy of a message, no earlier frame of its sender is pending. A sender that was
			// disconnected gets no copy; FR-4 covers that.
			await sender.say().catch((error: unknown) => {
				if (sender.closedAt === undefined) throw error;
			});
		}
		// A disconnected sender leaves, so a `user_left` is then the server's own unless it carries the sent
		// content.
		const putOut = senders.some(({ closedAt }) => closedAt !== undefined);
		const relayed = (await b.upTo(await a.say(), from)).find(
			(frame) =>
				frame.content === content ||
				(types.includes(String(frame.type)) &&
					!(putOut && frame.type === "user_left")),
		);
		expect(
			relayed === undefined,
			"no relayed frame of an unknown type",
			relayed,
		);
	}),

	check("FR-4", async (t) => {
		const { a, b } = await t.pair();
		const from = b.mark;
		for (const [code, text] of REFUSED) {
			await a.send(text);
			expectSame((await a.next("error")).code, code, `error code for ${text}`);
		}
		const message = await a.say();
		expectNone(
			await b.upTo(message, from),
			"chat",
			"no chat frame from a refused one",
		);
	}),

	check("FR-5", async (t) => {
		const { a, b } = await t.pair();
		const message = await a.say({
			conformance: { any: ["thing"] },
			Content: 1,
		});
		await b.upTo(message);
		expect(
			!("conformance" in message),
			"a frame without the unknown field",
			message,
		);
	}),

	check("FR-6", async (t) => {
		const { a, b } = await t.pair();
		const max = await maxMessageBytes(t);
		const empty = JSON.stringify({ type: "chat", content: "" }).length;
		const message = await a.say({ content: "x".repeat(max - empty) });
		await b.upTo(message);
		const longer = JSON.stringify({
			type: "chat",
			content: "x".repeat(max - empty + 1),
		});
		await expectClose(a, longer, 1009, `a message of ${max + 1} bytes`);
	}),

	check("FR-7", async (t) => {
		const { a } = await t.pair();
		const bytes = Buffer.from('{"type":"chat","content":"binary"}');
		await expectClose(a, bytes, 1003, "a binary message");
	}),

	check("FR-8", async (t) => {
		const { a } = await t.pair();
		a.ws.send(Buffer.from('{"type":"chat","content":"\xff"}', "latin1"), {
			binary: false,
		});
		const { code } = await a.closing("a close for text that is not UTF-8");
		expectSame(code, 1007, "close code for text that is not UTF-8");
	}),

	check("FR-9", async (t) => {
		const { a } = await t.pair();
		const nested = (depth: number): unknown =>
			depth === 0 ? 1 : { k: nested(depth - 1) };
		// The frame and the metadata object are the first two levels.
		const fits: readonly Frame[] = [
			{ metadata: nested(15) },
			{ metadata: { k: "x".repeat(METADATA_BYTES - '{"k":""}'.length) } },
			{ message_type: "x".repeat(64) },
			{ message_type: "é".repeat(64) },
		];
		const tooMuch: readonly Frame[] = [
			{ metadata: nested(16) },
			{ metadata: { k: "x".repeat(METADATA_BYTES - '{"k":""}'.length + 1) } },
			{ message_type: "x".repeat(65) },
		];
		for (const fields of fits) await a.say(fields);
		for (const fields of tooMuch) {
			await a.send({ type: "chat", content: "", ...fields });
			expectSame(
				(await a.next("error")).code,
				"invalid_frame",
				"error code above a limit",
			);
		}
	}),

	check("FR-10", async (t) => {
		const { a } = await t.pair();
		for (const text of UNSTORABLE) {
			await a.send(text);
			expectSame(
				(await a.next("error")).code,
				"invalid_frame",
				`error code for ${text}`,
			);
		}
	}),

	check("FR-11", async (t) => {
		const { a } = await t.pair();
		for (let i = 0; i < 20; i++) await a.send("{");
		const closing = await a.closing("a close at the twentieth invalid frame");
		expectSame(
			inWords(closing),
			'close 1008 "too many invalid frames"',
			"close at the twentieth invalid frame",
		);
		expectSame(a.of("error").length, 20, "number of errors before the close");
	}),

	check("ER-1", async (t) => {
		const { a } = await t.pair();
		const id = randomUUID();
		await a.send({ type: "chat", client_message_id: id });
		const error = await a.next("error");
		for (const field of ["code", "message", "timestamp"])
			expect(
				typeof error[field] === "string",
				`an error with ${field} as a string`,
				error,
			);
		expectSame(error.client_message_id, id, "client_message_id in the error");
	}),

	check("ER-2", async (t) => {
		const { a } = await t.pair();
		for (const frame of [
			"{",
			{ type: "conformance" },
			{ type: "chat" },
			{ type: "read", message_id: NO_MESSAGE },
		]) {
			await a.send(frame);
			const { code } = await a.next("error");
			expect(
				Object.hasOwn(ERROR_CODES, String(code)),
				`one of the codes ${Object.keys(ERROR_CODES).join(", ")}`,
				code,
			);
		}
	}),

	check("ER-3", async (t) => {
		const { a, b, alice, room } = await t.pair();
		const other = await t.connect(alice, room);
		await a.send({ type: "chat" });
		await a.next("error");
		const message = await a.say();
		for (const peer of [b, other])
			expectNone(
				await peer.upTo(message),
				"error",
				"an error only for the connection that sent the frame",
			);
	}),
];

const validators = Object.fromEntries(
	Object.entries(ServerFrames).map(([type, schema]) => [type, Compile(schema)]),
);

/** Returns the limit from a v1 server's `welcome`; otherwise the default. */
async function maxMessageBytes(t: Trial): Promise<number> {
	if (!t.traits.v1) return DEFAULT_MAX_BYTES;
	const user = await t.user();
	const peer = await t.open(user, await t.room(user), {
		protocols: ["secureconnect.v1"],
	});
	const { limits } = (await peer.next("welcome")) as {
		limits?: { max_message_bytes?: number };
	};
	return limits?.max_message_bytes ?? DEFAULT_MAX_BYTES;
}

async function expectClose(
	peer: TestClient,
	frame: string | Buffer,
	code: number,
	what: string,
): Promise<void> {
	await peer.send(frame);
	const closing = await peer.closing(`a close with ${code} for ${what}`);
	if (closing.code !== code)
		throw new Failed(`a close with ${code} for ${what}`, inWords(closing));
}
