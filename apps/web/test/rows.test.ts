import { describe, expect, test } from "vitest";
import type { Line } from "../src/conversation/lines.ts";
import { marksOf } from "../src/conversation/marks.ts";
import { surroundings } from "../src/conversation/surroundings.ts";
import { Directory } from "../src/people/directory.ts";

const ME = "me";
const NOON = new Date(2026, 10, 25, 12).getTime();
const NOTHING = marksOf(new Map(), new Map());

function line(seq: number, senderId: string, minutes: number): Line {
	const at = NOON + minutes * 60_000;
	return {
		key: `k${seq}`,
		seq,
		messageId: `m${seq}`,
		senderId,
		at,
		day: new Date(at).toDateString(),
		content: "x",
		isDeleted: false,
		isOwn: senderId === ME,
		status: "stored",
		error: undefined,
		notice: undefined,
		row: undefined,
		refusedId: undefined,
	};
}

function rows(
	given: readonly Line[],
	more: { marks?: typeof NOTHING; newAfter?: number; hasOlder?: boolean } = {},
) {
	const directory = new Directory();
	directory.learn([
		{ userId: "bob", name: "Bob" },
		{ userId: "carol", name: "Carol" },
	]);
	return given.map((it, i) =>
		surroundings(it, i, {
			lines: { count: given.length, line: (index) => given[index] },
			marks: more.marks ?? NOTHING,
			directory,
			me: ME,
			newAfter: more.newAfter,
			hasOlder: more.hasOlder ?? false,
		}),
	);
}

describe("surroundings of a message", () => {
	test("consecutive messages of a sender form a group; a pause, a different sender or a new day ends it", () => {
		const groups = rows([
			line(1, "bob", 0),
			line(2, "bob", 1),
			line(3, "bob", 30),
			line(4, ME, 31),
			line(5, ME, 31),
			line(6, ME, 13 * 60),
		]);
		expect(groups.map(({ begins }) => begins)).toEqual([
			true,
			false,
			true,
			true,
			false,
			true,
		]);
		expect(groups.map(({ ends }) => ends)).toEqual([
			false,
			true,
			true,
			false,
			true,
			true,
		]);
		expect(groups.map(({ isNewDay }) => isNewDay)).toEqual([
			true,
			false,
			false,
			false,
			false,
			true,
		]);
	});

	test("a line that was drawn first keeps its time when older lines arrive above it", () => {
		const [older, first, next] = [
			line(1, "bob", 0),
			line(2, "bob", 0),
			line(3, "bob", 0),
		];
		const times = (given: readonly Line[]): boolean[] =>
			rows(given, { hasOlder: true }).map(({ showsTime }) => showsTime);
		expect(times([first, next])).toEqual([true, false]);
		expect(times([older, first, next])).toEqual([true, true, false]);
	});

	test("the beginning is said where it is, and not before history is there", () => {
		expect(rows([line(1, "bob", 0)])[0]?.isFirst).toBe(true);
		expect(rows([line(1, "bob", 0)], { hasOlder: true })[0]?.isFirst).toBe(
			false,
		);
	});

	test("the first unread message of a different sender is marked", () => {
		const found = rows(
			[line(1, "bob", 0), line(2, ME, 0), line(3, "bob", 1), line(4, "bob", 1)],
			{ newAfter: 2 },
		);
		expect(found.map(({ isFirstUnread }) => isFirstUnread)).toEqual([
			false,
			false,
			true,
			false,
		]);
	});

	test("an own message is read when any user has read up to it, and delivered before that", () => {
		const marks = marksOf(
			new Map([["bob", { messageId: "m2", seq: 2 }]]),
			new Map([
				["bob", { messageId: "m1", seq: 1 }],
				["carol", { messageId: "m3", seq: 3 }],
			]),
		);
		const found = rows(
			[1, 2, 3, 4].map((seq) => line(seq, ME, 0)),
			{ marks },
		);
		expect(found.map(({ status }) => status)).toEqual([
			"read",
			"read",
			"delivered",
			"stored",
		]);
		expect(found.map(({ readBy }) => readBy)).toEqual(["", "Bob", "", ""]);
		// A user who has read a message is not listed as delivered too.
		expect(found.map(({ deliveredTo }) => deliveredTo)).toEqual([
			"",
			"",
			"Carol",
			"",
		]);
	});

	test("a notice calls the current user “you”, within its sentence", () => {
		const removal = (userId: string): Line => ({
			...line(1, "bob", 0),
			notice: { type: "participant_removed", userId },
		});
		expect(
			rows([removal(ME), removal("carol")]).map(({ otherName }) => otherName),
		).toEqual(["you", "Carol"]);
	});

	test("a sender is not listed as a reader of their own message", () => {
		const marks = marksOf(
			new Map([["bob", { messageId: "m1", seq: 1 }]]),
			new Map(),
		);
		expect(rows([line(1, "bob", 0)], { marks })[0]?.readBy).toBe("");
	});
});
