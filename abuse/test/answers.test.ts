import { expect, test } from "vitest";
import { type Answer, AnswerReader } from "../load/answers.ts";

const STREAM = Buffer.from(
	[
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
		"HTTP/1.1 204 No Content\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
		"HTTP/1.1 429 Too Many Requests\r\ncontent-length: 2\r\n\r\n{}",
	].join(""),
);

test.each([1, 7, STREAM.length])(
	"the reader reads pipelined answers in pieces of %i bytes",
	(size) => {
		const answers: Answer[] = [];
		const reader = new AnswerReader((answer) => answers.push(answer));
		for (let at = 0; at < STREAM.length; at += size)
			reader.read(STREAM.subarray(at, at + size));
		expect(answers).toEqual([
			{ status: 200, bytes: 5, body: "hello" },
			{ status: 204, bytes: 0, body: "" },
			{ status: 200, bytes: 13, body: "abc0123456789" },
			{ status: 429, bytes: 2, body: "{}" },
		]);
	},
);
