import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import {
	type Draft,
	EMPTY,
	erased,
	inserted,
	laidOut,
	type Motion,
	moved,
	movedLine,
} from "../src/chat/editor.ts";
import { cellsOf } from "../src/chat/wrap.ts";

const MOTIONS: readonly Motion[] = [
	...(["left", "right", "home", "end"] as const),
	...(["wordLeft", "wordRight"] as const),
];

/** Creates a draft from a text in which a bar marks the cursor. */
function draft(marked: string): Draft {
	return { text: marked.replace("|", ""), cursor: marked.indexOf("|") };
}

function marked({ text, cursor }: Draft): string {
	return `${text.slice(0, cursor)}|${text.slice(cursor)}`;
}

describe("the draft", () => {
	test.for([
		["a|b", "left", "|ab", "|b"],
		["a|b", "right", "ab|", "a|"],
		["|ab", "left", "|ab", "|ab"],
		["x\nab|c\nd", "home", "x\n|abc\nd", "x\n|c\nd"],
		["x\na|bc\nd", "end", "x\nabc|\nd", "x\na|\nd"],
		["one two |", "wordLeft", "one |two ", "one |"],
		["one| two", "wordRight", "one two|", "one|"],
		["👨‍👩‍👧|x", "left", "|👨‍👩‍👧x", "|x"],
		["e\u0301|", "left", "|e\u0301", "|"],
	] as const)("%j %s", ([from, motion, to, without]) => {
		expect(marked(moved(draft(from), motion))).toBe(to);
		expect(marked(erased(draft(from), motion))).toBe(without);
	});

	test("accepts no control characters except line breaks, and has a longest length", () => {
		expect(inserted(EMPTY, "a\u001b[31m\r\nb\tc\r\u009b\u0000")?.text).toBe(
			"a[31m\nb    c\n",
		);
		expect(inserted(EMPTY, "x".repeat(20_001))).toBeUndefined();
	});

	test("moves the cursor up and down by screen lines", () => {
		const from = draft("abcdef\nxy|");
		const up = movedLine(from, -1, 4);
		expect(up && marked(up)).toBe("abcdef|\nxy");
		const further = up && movedLine(up, -1, 4);
		expect(further && marked(further)).toBe("ab|cdef\nxy");
		expect(further && movedLine(further, -1, 4)).toBeUndefined();
		expect(movedLine(from, 1, 4)).toBeUndefined();
	});

	test("keeps the cursor between characters and on the screen after every edit", () => {
		const step = fc.oneof(
			fc.constantFrom("a", " ", "\n", "漢", "🎉", "👨‍👩‍👧", "e\u0301", "word "),
			fc.record({
				motion: fc.constantFrom(...MOTIONS),
				erases: fc.boolean(),
			}),
			fc.constantFrom(-1 as const, 1 as const),
		);
		fc.assert(
			fc.property(
				fc.array(step, { maxLength: 40 }),
				fc.integer({ min: 2, max: 12 }),
				(steps, columns) => {
					let it: Draft = EMPTY;
					for (const step of steps) {
						if (typeof step === "string") it = inserted(it, step) ?? it;
						else if (typeof step === "number")
							it = movedLine(it, step, columns) ?? it;
						else it = (step.erases ? erased : moved)(it, step.motion);
						const edges = [0];
						for (const { text } of cellsOf(it.text))
							edges.push((edges.at(-1) ?? 0) + text.length);
						expect(edges).toContain(it.cursor);
						const { lines, cursor } = laidOut(it, columns);
						for (const line of lines)
							expect(stringWidth(line)).toBeLessThanOrEqual(
								// A character wider than the window has its own line.
								Math.max(columns, 6),
							);
						expect(cursor.y).toBeLessThan(lines.length);
						expect(cursor.x).toBeLessThanOrEqual(columns);
					}
				},
			),
		);
	});
});
