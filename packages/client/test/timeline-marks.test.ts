/** Marks of a message on which users react again and again. */
import {
	type LogEntry,
	type MessageRow,
	Timeline,
} from "@secureconnect/client/timeline";
import { expect, test } from "vitest";
import { random } from "../../server/test/support/random.ts";

const ME = "me";
const USERS = ["me", ...Array.from({ length: 29 }, (_, at) => `u${at}`)];
const ENTRIES = 3000;

const message = (fields: object = {}): LogEntry => ({
	type: "chat",
	seq: 1,
	messageId: "m1",
	senderId: "ann",
	timestamp: "2026-01-09T00:00:00Z",
	content: "one",
	...fields,
});

/** Reactions as a server stores them: each changes something. */
function reactions(): LogEntry[] {
	const next = random(7);
	const isOn = new Map<string, boolean>();
	return Array.from({ length: ENTRIES }, (_, at) => {
		const senderId = USERS[Math.floor(next() * USERS.length)] ?? "";
		const on = !isOn.get(senderId);
		isOn.set(senderId, on);
		const fields = { type: "reaction", targetId: "m1", reaction: "+1" };
		return { ...fields, seq: at + 2, messageId: `m${at + 2}`, senderId, on };
	});
}

/** Returns the users who have set the mark, in order of their last reactions. */
function usersOf(entries: readonly LogEntry[]): string[] {
	const users = new Set<string>();
	for (const { senderId = "", on } of entries) {
		users.delete(senderId);
		if (on) users.add(senderId);
	}
	return [...users];
}

const marksOf = (users: readonly string[]) => ({
	reactions: [
		{
			reaction: "+1",
			count: users.length,
			me: users.includes(ME),
			userIds: users.slice(0, 10),
		},
	],
});

/** Returns the only reaction. Its fold may name fewer users than it counts, as a page of the server does. */
function shown(timeline: Timeline) {
	const { reactions: [mark] = [] } = timeline.get("m1") as MessageRow;
	return { count: mark?.count, me: mark?.me, userIds: mark?.userIds ?? [] };
}

function expectMarksOf(timeline: Timeline, users: readonly string[]): void {
	const { count = 0, me = false, userIds } = shown(timeline);
	expect({ count, me }).toEqual({
		count: users.length,
		me: users.includes(ME),
	});
	expect(users).toEqual(expect.arrayContaining([...userIds]));
	expect(userIds.length).toBeLessThanOrEqual(10);
}

test("after many reactions a message counts all of them, and names users who have set the mark", () => {
	const timeline = new Timeline(ME);
	timeline.add([message()]);
	const entries = reactions();
	for (const [at, entry] of entries.entries()) {
		timeline.add([entry]);
		if (at % 7 === 0)
			expectMarksOf(timeline, usersOf(entries.slice(0, at + 1)));
	}
	timeline.add(entries.slice(-300));
	expectMarksOf(timeline, usersOf(entries));
});

test("a page that lacks many of the reactions takes none of them back", () => {
	const timeline = new Timeline(ME);
	timeline.add([message()]);
	const entries = reactions();
	timeline.add(entries);
	timeline.add([message(marksOf(usersOf(entries.slice(0, 1000))))], 1001);
	expectMarksOf(timeline, usersOf(entries));
	const users = usersOf(entries.slice(0, -50));
	timeline.add([message(marksOf(users))], ENTRIES + 1 - 50);
	expectMarksOf(timeline, usersOf(entries));
});

test("after many reactions a message still counts the replies of its thread, each once", () => {
	const timeline = new Timeline(ME);
	timeline.add([message()]);
	const reply = (seq: number) =>
		message({ seq, messageId: `m${seq}`, threadId: "m1" });
	const [first, second] = [ENTRIES + 2, ENTRIES + 1000];
	timeline.add([reply(first), reply(first + 1)]);
	const more = reactions().map((entry) => ({
		...entry,
		seq: (entry.seq ?? 0) + first,
	}));
	timeline.add(more.slice(0, 500));
	timeline.add([reply(second)]);
	const thread = () => (timeline.get("m1") as MessageRow).thread;
	const lastAt = Date.parse("2026-01-09T00:00:00Z");
	expect(thread()).toEqual({ count: 3, lastAt, userIds: ["ann"] });
	timeline.add(more.slice(1000));
	const gone = { type: "delete", seq: 3 * ENTRIES, messageId: "gone" };
	timeline.add([{ ...gone, targetId: `m${first}` }]);
	expect(thread()).toEqual({ count: 2, lastAt, userIds: ["ann"] });
});

test("a message that is loaded after many reactions counts those that its page lacks", () => {
	const timeline = new Timeline(ME);
	const entries = reactions();
	timeline.add(entries);
	const users = usersOf(entries.slice(0, -50));
	timeline.add([message(marksOf(users))], ENTRIES + 1 - 50);
	expectMarksOf(timeline, usersOf(entries));
});

test("a message keeps a bounded number of the entries that changed its marks", () => {
	for (const isLoaded of [true, false]) {
		const timeline = new Timeline(ME);
		if (isLoaded) timeline.add([message()]);
		let read = 0;
		for (const entry of reactions()) {
			const { seq } = entry;
			const counted = {
				...entry,
				get on() {
					// The first tenth: the marks of later changes do not depend on these entries any more.
					if ((seq ?? 0) < ENTRIES / 10) read++;
					return entry.on as boolean;
				},
			};
			timeline.add([counted]);
		}
		read = 0;
		if (!isLoaded) timeline.add([message()]);
		timeline.get("m1");
		expect(read).toBe(0);
	}
});
