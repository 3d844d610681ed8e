import { expect, test } from "vitest";
import { hasTooMuchStructure } from "../src/json.ts";
import { Limits } from "../src/limits.ts";

const LIMIT = Limits.maxStructureCharacters;

test("the text in strings is not structure, whatever it contains", () => {
	expect(hasTooMuchStructure(JSON.stringify("[0,".repeat(LIMIT)))).toBe(false);
	expect(hasTooMuchStructure(JSON.stringify('"\\'.repeat(LIMIT)))).toBe(false);
	expect(hasTooMuchStructure(JSON.stringify("x\\\\"))).toBe(false);
});

test("numbers, empty strings, brackets and white space are structure", () => {
	for (const piece of ["0,", '"",', "{}", " "]) {
		const count = Math.floor(LIMIT / piece.length);
		expect(hasTooMuchStructure(piece.repeat(count))).toBe(false);
		expect(hasTooMuchStructure(piece.repeat(count + 1))).toBe(true);
	}
});

test("an unterminated string is read once", () => {
	expect(hasTooMuchStructure(`"${"\\".repeat(LIMIT * 3)}`)).toBe(false);
});
