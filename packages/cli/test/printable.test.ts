import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { jsonLine, printable, printableLine } from "../src/chat/printable.ts";
import { fitted, wrapped } from "../src/chat/wrap.ts";
import { HOSTILE } from "./support/hostile.ts";

/** Random text of characters with a special meaning for a terminal or program. */
const anyText = fc.oneof(
	fc.constantFrom(...HOSTILE.map((text) => text.slice(0, 500))),
	fc.string({ unit: "binary", maxLength: 200 }),
	fc
		.array(
			fc.oneof(
				fc.integer({ min: 0, max: 0x9f }),
				fc.integer({ min: 0x200b, max: 0x206f }),
				fc.integer({ min: 0xd800, max: 0xdfff }),
				fc.integer({ min: 0x300, max: 0x36f }),
			),
			{ maxLength: 100 },
		)
		.map((codes) => String.fromCharCode(...codes)),
);
const ACTIVE = /(?!\n)[\p{Cc}\p{Cs}\u2028\u2029\p{Bidi_Control}\p{DI}]/u;

describe("printable", () => {
	test("contains no character that a terminal executes or hides", () => {
		fc.assert(
			fc.property(anyText, (text) => {
				expect(printable(text)).not.toMatch(ACTIVE);
				expect(printableLine(text)).not.toMatch(/\n/);
				// A second call changes nothing.
				expect(printable(printable(text))).toBe(printable(text));
			}),
			{ numRuns: 2000 },
		);
	});

	test("does not change text of any script", () => {
		for (const text of [
			"Hello, it's 5 o'clock — naïve café",
			"Привет, мир",
			"שלום עולם",
			"مرحبا بالعالم",
			"漢字かな 한국어",
			"हिन्दी தமிழ் ไทย",
			"🎉👩🏽🇩🇪",
			"two\nlines",
		])
			expect(printable(text)).toBe(text);
	});

	test("shows control characters as pictures", () => {
		expect(printable("\u001b[31mred\r\u0008\u007f\u009b\ttab\r\nline")).toBe(
			"␛[31mred␍␈␡\ufffd    tab\nline",
		);
	});
});

describe("wrapped", () => {
	test("drops only spaces, and is never wider than the given width", () => {
		fc.assert(
			fc.property(anyText, fc.integer({ min: 2, max: 60 }), (text, columns) => {
				const shown = printable(text);
				const lines = wrapped(shown, columns);
				for (const line of lines)
					expect(stringWidth(line)).toBeLessThanOrEqual(columns);
				expect(stringWidth(fitted(lines[0] ?? "", 5))).toBeLessThanOrEqual(5);
				const visible = (it: string) => it.replace(/\s/g, "");
				expect(visible(lines.join(""))).toBe(visible(shown));
			}),
			{ numRuns: 1000 },
		);
	});

	test("leaves room for marks that some terminals put beside a character and others join with it", () => {
		expect(wrapped("👩🏽👩🏽👩🏽", 8)).toEqual(["👩🏽👩🏽", "👩🏽"]);
		expect(wrapped("क्षक्ष", 3)).toEqual(["क्ष", "क्ष"]);
		expect(wrapped("한한", 4)).toEqual(["한한"]);
		expect(wrapped("👩🏽👩🏽", 2)).toEqual(["👩🏽", "👩🏽"]);
		expect(wrapped("Mary Ann: \u0e33long", 10)).toEqual([
			"Mary Ann:",
			"\u0e33long",
		]);
		expect(wrapped(`${"\u0e33\u0e49".repeat(100)}`, 50)).toHaveLength(2);
		expect(fitted("👩🏽👩🏽👩🏽", 9)).toBe("👩🏽👩🏽…");
		expect(fitted("👩🏽👩🏽", 8)).toBe("👩🏽👩🏽");
	});

	test("breaks at spaces, and inside a word only if the word is too long", () => {
		expect(wrapped("one two three", 8)).toEqual(["one two", "three"]);
		expect(wrapped("abcdefghij kl", 4)).toEqual(["abcd", "efgh", "ij", "kl"]);
		expect(wrapped("漢字漢字", 5)).toEqual(["漢字", "漢字"]);
		expect(wrapped("a\n\nb", 5)).toEqual(["a", "", "b"]);
	});
});

test("a line of JSON keeps its value for every parser, and contains no character that a terminal executes", () => {
	fc.assert(
		fc.property(anyText, (text) => {
			const value = { content: text, metadata: { [text]: [text] } };
			const line = jsonLine(value);
			expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
			expect(line).not.toMatch(/[\p{Cc}\u2028\u2029\p{Bidi_Control}\p{DI}]/u);
		}),
	);
});
