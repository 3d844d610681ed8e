import {
	ERROR_CODES,
	type ErrorCode,
	encodeFrame,
	parseUuid,
	rfc3339,
	ServerFrames,
	toWire,
} from "@secureconnect/protocol";
import { Compile } from "typebox/compile";
import { describe, expect, test } from "vitest";

const ID = "550e8400-e29b-41d4-a716-446655440000";
const isError = Compile(ServerFrames.error);

describe("error codes", () => {
	test.each(Object.keys(ERROR_CODES) as ErrorCode[])(
		"%s makes a valid error frame, and its entry has a meaning and says whether to retry",
		(code) => {
			const timestamp = rfc3339(0);
			const frame: unknown = JSON.parse(
				encodeFrame({
					type: "error",
					code,
					message: "why",
					timestamp,
					clientMessageId: ID,
					retryMs: 1000,
				}),
			);
			expect([...isError.Errors(frame)]).toEqual([]);
			expect(frame).toEqual({
				type: "error",
				code,
				message: "why",
				timestamp,
				client_message_id: ID,
				retry_ms: 1000,
			});
			expect(ERROR_CODES[code].meaning).toMatch(/\.$/);
			expect(typeof ERROR_CODES[code].retry).toBe("boolean");
		},
	);

	test("[ER-2] are a closed list", () => {
		const other = {
			type: "error",
			code: "other",
			message: "",
			timestamp: rfc3339(0),
		};
		expect(isError.Check(other)).toBe(false);
	});
});

describe("toWire", () => {
	test("converts keys to snake_case, also in lists and in nested objects", () => {
		expect(
			toWire({ aB: [{ cD: { eFg: 1 } }, null, "aB"], plain: undefined }),
		).toEqual({ a_b: [{ c_d: { e_fg: 1 } }, null, "aB"], plain: undefined });
	});

	test("does not change keys in metadata, because metadata belongs to the users", () => {
		expect(toWire({ metadata: { aB: { cD: 1 } } })).toEqual({
			metadata: { aB: { cD: 1 } },
		});
	});
});

describe("parseUuid", () => {
	test.each([
		[ID, ID],
		[ID.toUpperCase(), ID],
		[
			"789e4567-e89b-92d3-f456-426614174999",
			"789e4567-e89b-92d3-f456-426614174999",
		],
		["00000000-0000-0000-0000-000000000000", undefined],
		[` ${ID}`, undefined],
		[`${ID}\n`, undefined],
		[ID.replaceAll("-", ""), undefined],
		[`{${ID}}`, undefined],
		["", undefined],
		[7, undefined],
		[[ID], undefined],
	])("of %j is %j", (value, expected) => {
		expect(parseUuid(value)).toBe(expected);
	});
});
