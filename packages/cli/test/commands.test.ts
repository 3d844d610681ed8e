import type { MessageRow } from "@secureconnect/client/timeline";
import { expect, test } from "vitest";
import {
	CommandError,
	commandIn,
	plainText,
	targetOf,
	usageOf,
} from "../src/chat/commands.ts";
import { Numbers } from "../src/chat/numbers.ts";

test.each([
	["/edit", { name: "edit", number: undefined, text: "" }],
	["/edit ", { name: "edit", number: undefined, text: "" }],
	["/edit a #3 b ", { name: "edit", number: undefined, text: "a #3 b" }],
	["/edit #3", { name: "edit", number: 3, text: "" }],
	["/edit  #12  a\n b", { name: "edit", number: 12, text: "a\n b" }],
	["/edit #3rd", { name: "edit", number: undefined, text: "#3rd" }],
	["/pin #0", { name: "pin", number: 0, text: "" }],
])("%j is a command", (draft, command) => {
	expect(commandIn(draft)).toEqual(command);
});

test.each([
	["", ""],
	["hello", "hello"],
	[" /edit", " /edit"],
	["/usr/bin", "/usr/bin"],
	["/ edit", "/ edit"],
	["/Edit", "/Edit"],
	["//edit", "/edit"],
	["/", "/"],
])("%j is text", (draft, text) => {
	expect(commandIn(draft)).toBeUndefined();
	expect(plainText(draft)).toBe(text);
});

test.each(["/nothing", "/constructor x", "/editor"])(
	"%s is no command, and is not sent",
	(draft) => {
		expect(() => commandIn(draft)).toThrow(/no command .* begin with \/\//);
	},
);

test.each([
	["/", /^\/reply \/edit \/delete \/react \/unreact \/pin \/unpin$/],
	["/un", /^\/unreact \/unpin$/],
	["/edi", /^\/edit \[#number\]/],
	["/edit text", /^\/edit \[#number\]/],
	["/e text", /^$/],
	["//", /^$/],
	["text", /^$/],
])("the usage of %j", (draft, usage) => {
	expect(usageOf(draft)).toMatch(usage);
});

function row(key: string, fields: Partial<MessageRow>): MessageRow {
	return { key, isOwn: false, reactions: [], ...fields } as MessageRow;
}

test("a command without a number is about the newest message that suits it and is not deleted", () => {
	const rows = [
		row("pinned", { pinned: true }),
		row("mine", { isOwn: true }),
		row("reacted", {
			reactions: [{ reaction: "👍", count: 1, me: true, userIds: [] }],
		}),
		row("other", {}),
		row("gone", { deleted: true }),
		row("unsent", { isOwn: true, status: "queued" }),
	];
	const target = (draft: string): string => {
		const command = commandIn(draft);
		if (!command) throw new Error("no command");
		return targetOf(command, rows, (number) => rows[number]).key;
	};
	expect(target("/reply x")).toBe("other");
	expect(target("/react")).toBe("other");
	// Never an older message than the user means.
	expect(target("/delete")).toBe("unsent");
	expect(target("/pin")).toBe("unsent");
	expect(target("/unpin")).toBe("pinned");
	expect(target("/unreact +1")).toBe("reacted");
	expect(target("/delete #1")).toBe("mine");
	for (const draft of ["/unreact 🎉", "/pin #4", "/pin #6"])
		expect(() => target(draft), draft).toThrow(CommandError);
});

test("a message keeps its number until the numbers are cleared", () => {
	const numbers = new Numbers();
	expect(["b", "a", "b"].map((key) => numbers.give(key))).toEqual([1, 2, 1]);
	expect(numbers.keyOf(2)).toBe("a");
	expect(numbers.of("c")).toBeUndefined();
	numbers.clear();
	expect(numbers.keyOf(2)).toBeUndefined();
	expect(numbers.give("c")).toBe(1);
});
