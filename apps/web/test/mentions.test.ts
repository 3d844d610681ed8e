import { describe, expect, test } from "vitest";
import {
	EVERYONE,
	mentionsIn,
	mentionsOf,
	nameAt,
} from "../src/conversation/mentions.ts";

const BOB = { userId: "b", name: "Bob" };
const BOB_LONG = { userId: "l", name: "Bob Long" };
const ZOE = { userId: "z", name: "Zoë" };
const PEOPLE = [BOB, BOB_LONG, ZOE];

describe("mentions in a text", () => {
	test("the longest name counts, at the end of a word, in upper and lower case", () => {
		const found = (text: string): string[] =>
			mentionsIn(text, PEOPLE).map(({ userId }) => userId);
		expect(found("@Bob Long and @bob, @ZOË!")).toEqual(["l", "b", "z"]);
		expect(found("@Bobby, bob@example.org, a@Bob, @ Bob")).toEqual([]);
		expect(found("(@Bob)\n@Zoë's")).toEqual(["b", "z"]);
	});

	test("their places cover the sign and the name", () => {
		expect(mentionsIn("hi @Zoë", PEOPLE)).toEqual([
			{ from: 3, to: 7, userId: "z" },
		]);
	});

	test("a letter that gets longer in lower case moves no place", () => {
		const ilker = { userId: "i", name: "İlker" };
		expect(mentionsIn("İİ @Zoë", PEOPLE)).toEqual([
			{ from: 3, to: 7, userId: "z" },
		]);
		expect(mentionsIn("@İlker, @Bob", [...PEOPLE, ilker])).toEqual([
			{ from: 0, to: 6, userId: "i" },
			{ from: 8, to: 12, userId: "b" },
		]);
	});

	test("a sigma counts in each of its forms", () => {
		const nikos = { userId: "n", name: "Νίκος" };
		const found = mentionsIn("@ΝΊΚΟΣ και @Νίκος", [nikos]);
		expect(found.map(({ from }) => from)).toEqual([0, 11]);
	});

	test("a message mentions each user once, and everyone only with that proposal", () => {
		expect(mentionsOf("@Bob @Bob @all", PEOPLE)).toEqual({ userIds: ["b"] });
		expect(mentionsOf("@all", [...PEOPLE, EVERYONE])).toEqual({ all: true });
		expect(mentionsOf("nobody", PEOPLE)).toBeUndefined();
	});

	test("the field proposes names for the text between an @ and the cursor", () => {
		expect(nameAt("hi @bo", 6)).toEqual({ from: 3, typed: "bo" });
		expect(nameAt("hi @bo there", 6)).toEqual({ from: 3, typed: "bo" });
		expect(nameAt("@Bob L", 6)).toEqual({ from: 0, typed: "Bob L" });
		expect(nameAt("a@b", 3)).toBeUndefined();
		expect(nameAt("@ b", 3)).toBeUndefined();
		expect(nameAt("@a\nb", 4)).toBeUndefined();
	});
});
