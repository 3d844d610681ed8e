import { expect, test } from "vitest";
import { linesOf, NotText } from "../src/chat/lines.ts";

async function lines(...chunks: Uint8Array[]): Promise<(string | NotText)[]> {
	async function* input(): AsyncGenerator<Uint8Array> {
		yield* chunks;
	}
	const found: (string | NotText)[] = [];
	for await (const line of linesOf(input())) found.push(line);
	return found;
}

test("a line is the same however its bytes are cut into chunks", async () => {
	const bytes = Buffer.from("Zoë 🐳\r\n\nno end\u2028 yet");
	for (let size = 1; size <= bytes.length; size++) {
		const chunks = Array.from(
			{ length: Math.ceil(bytes.length / size) },
			(_, i) => bytes.subarray(i * size, (i + 1) * size),
		);
		expect(await lines(...chunks)).toEqual(["Zoë 🐳", "", "no end\u2028 yet"]);
	}
});

test("a line that is no UTF-8 is said to be none, and the others are lines", async () => {
	const [first, second, third] = await lines(
		Buffer.from("before\n"),
		Buffer.from("Zoë\n", "latin1"),
		Buffer.from("after \ufffd\n"),
	);
	expect(first).toBe("before");
	expect(second).toBeInstanceOf(NotText);
	expect(third, "written as it is").toBe("after \ufffd");
});
