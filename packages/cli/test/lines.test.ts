import { expect, test } from "vitest";
import { linesOf, NotText, outgoingOf } from "../src/chat/lines.ts";

async function lines(...chunks: Uint8Array[]): Promise<(string | NotText)[]> {
	async function* input(): AsyncGenerator<Uint8Array> {
		yield* chunks;
	}
	const found: (string | NotText)[] = [];
	for await (const line of linesOf(input())) found.push(line);
	return found;
}

test("lines do not depend on how chunks cut their bytes", async () => {
	const bytes = Buffer.from("Zoë 🐳\r\n\nno end\u2028 yet");
	for (let size = 1; size <= bytes.length; size++) {
		const chunks = Array.from(
			{ length: Math.ceil(bytes.length / size) },
			(_, i) => bytes.subarray(i * size, (i + 1) * size),
		);
		expect(await lines(...chunks)).toEqual(["Zoë 🐳", "", "no end\u2028 yet"]);
	}
});

test("a line that is not UTF-8 is reported, and the other lines are read", async () => {
	const [first, second, third] = await lines(
		Buffer.from("before\n"),
		Buffer.from("Zoë\n", "latin1"),
		Buffer.from("after \ufffd\n"),
	);
	expect(first).toBe("before");
	expect(second).toBeInstanceOf(NotText);
	expect(third, "unchanged").toBe("after \ufffd");
});

test("of an amendment as the server sends it, only the fields of the command are sent again", async () => {
	const targetId = "01928f3a-6b7c-7000-8000-000000000001";
	const received = {
		...{ type: "edit", target_id: targetId, content: "new", seq: 7 },
		...{ conversation_id: targetId, sender_id: targetId, version: 7 },
		...{ metadata: { some_key: 1 }, mentions: { user_ids: [targetId] } },
		...{ status: "sent", timestamp: "2026-01-01T00:00:00.000Z", if_version: 3 },
	};
	expect(await outgoingOf(JSON.stringify(received))).toEqual({
		type: "edit",
		targetId,
		fields: {
			content: "new",
			metadata: { some_key: 1 },
			mentions: { userIds: [targetId] },
			ifVersion: 3,
		},
	});
});
