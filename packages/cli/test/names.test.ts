import { expect, test } from "vitest";
import { Names } from "../src/chat/names.ts";

const [FIRST, SECOND] = [
	"01a206f1-5bb4-7000-a872-d552b3575a15",
	"01a206f1-5bc0-7000-8d10-9f0e4c21b7e3",
];

test("users whose ids were made within a minute are distinct, with and without a name", () => {
	const names = new Names();
	expect([names.of(FIRST), names.of(SECOND)]).toEqual(["b3575a15", "4c21b7e3"]);
	names.know([
		{ userId: FIRST, name: "Bob" },
		{ userId: SECOND, name: "Bob" },
	]);
	expect([names.of(FIRST), names.of(SECOND)]).toEqual(["Bob#5a15", "Bob#b7e3"]);
});

test("an id that does not begin with a time is shown as its first digits", () => {
	expect(new Names().of("b0b00000-0000-4000-8000-000000000002")).toBe(
		"b0b00000",
	);
});
