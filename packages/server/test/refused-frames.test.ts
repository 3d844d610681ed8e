import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { expectError, say } from "./support/chat.ts";
import { startTestServer } from "./support/server.ts";

describe("frames that clients may not send", () => {
	const chat = { type: "chat", content: "x" };
	const refused: [what: string, code: string, frame: unknown][] = [
		["text that is not JSON", "invalid_json", "{"],
		["an empty message", "invalid_json", ""],
		["a JSON array", "invalid_json", [chat]],
		["null", "invalid_json", null],
		["a string", "invalid_json", '"chat"'],
		["an object without a type", "unknown_type", {}],
		["a type that is not a string", "unknown_type", { type: ["chat"] }],
		["a type in upper case", "unknown_type", { type: "CHAT" }],
		["a name every object has", "unknown_type", { type: "constructor" }],
		["user_joined", "unknown_type", { type: "user_joined" }],
		["user_left", "unknown_type", { type: "user_left" }],
		["ack", "unknown_type", { type: "ack" }],
		["error", "unknown_type", { type: "error" }],
		["welcome", "unknown_type", { type: "welcome" }],
		["participant_removed", "unknown_type", { type: "participant_removed" }],
		["auth (plain)", "unknown_type", { type: "auth", access_token: "x" }],
		["chat without content", "invalid_frame", { type: "chat" }],
		["content null", "invalid_frame", { ...chat, content: null }],
		["a number as content", "invalid_frame", { ...chat, content: 1 }],
		[
			"a string as is_encrypted",
			"invalid_frame",
			{ ...chat, is_encrypted: "no" },
		],
		["null as is_encrypted", "invalid_frame", { ...chat, is_encrypted: null }],
		["a number as message_type", "invalid_frame", { ...chat, message_type: 1 }],
		[
			"message_type of 65 characters",
			"invalid_frame",
			{ ...chat, message_type: "t".repeat(65) },
		],
		["an array as metadata", "invalid_frame", { ...chat, metadata: [] }],
		["null as metadata", "invalid_frame", { ...chat, metadata: null }],
		["a string as metadata", "invalid_frame", { ...chat, metadata: "{}" }],
		[
			"metadata over 16 KiB",
			"invalid_frame",
			{ ...chat, metadata: { a: "x".repeat(16 * 1024 - 7) } },
		],
		[
			"metadata over 16 KiB of UTF-8, but under it in characters",
			"invalid_frame",
			{ ...chat, metadata: { a: "漢".repeat(6000) } },
		],
		[
			"seventeen levels of metadata",
			"invalid_frame",
			{ ...chat, metadata: nested(16) },
		],
		[
			"seventeen levels in a field that is ignored",
			"invalid_frame",
			{ ...chat, ignored: nested(16) },
		],
		[
			"seventeen levels of typing",
			"invalid_frame",
			{ type: "typing", x: nested(16) },
		],
		[
			"a client_message_id that is not a UUID",
			"invalid_frame",
			{ ...chat, client_message_id: "1" },
		],
		[
			"the nil client_message_id",
			"invalid_frame",
			{ ...chat, client_message_id: "00000000-0000-0000-0000-000000000000" },
		],
		["read without message_id", "invalid_frame", { type: "read" }],
		[
			"read with an id that is not a UUID",
			"invalid_frame",
			{ type: "read", message_id: "1" },
		],
	];

	test("[FR-3] [FR-4] [FR-9] [CH-8] [ER-3] each gets its error, only its sender receives it, and nothing changes", async () => {
		const server = await startTestServer();
		const [conversation, alice] = [randomUUID(), randomUUID()];
		const b = await server.connect(conversation, randomUUID());
		for (const [what, code, frame] of refused) {
			const a = await server.connect(conversation, alice);
			a.send(frame);
			expect(await a.next("error"), what).toMatchObject({ code });
			const marker = await say(a, what);
			await b.waitFor((f) => f.seq === marker.seq);
			expect(a.of("error"), what).toHaveLength(1);
		}
		expect(b.of("chat").map(({ content }) => content)).toEqual(
			refused.map(([what]) => what),
		);
		expect(new Set(b.frames.map(({ type }) => type))).toEqual(
			new Set(["user_joined", "chat"]),
		);
	});

	test.each([
		["invalid_frame", { type: "chat", content: 1 }],
		["unknown_type", { type: "chatter" }],
	])(
		"[ER-1] an %s error contains the frame's client_message_id in lower case",
		async (code, frame) => {
			const server = await startTestServer();
			const a = await server.connect(randomUUID(), randomUUID());
			const id = randomUUID();
			a.send({ ...frame, client_message_id: id.toUpperCase() });
			expect(await expectError(a, code)).toMatchObject({
				client_message_id: id,
			});
		},
	);
});

function nested(levels: number): Record<string, unknown> {
	return levels === 1 ? {} : { a: nested(levels - 1) };
}
