import { describe, expect, test } from "vitest";
import { claimsOf } from "../src/account/claims.ts";
import { parts } from "../src/conversation/links.ts";
import { cut } from "../src/conversation/long-text.ts";
import { Directory, inWords } from "../src/people/directory.ts";
import { titleOf } from "../src/people/title.ts";
import { dayName } from "../src/ui/time.ts";

describe("links", () => {
	test.each<[string, string[]]>([
		["see https://example.com/a.", ["https://example.com/a"]],
		["(https://example.com/a_(b)), yes", ["https://example.com/a_(b)"]],
		["HTTP://Example.com", ["HTTP://Example.com"]],
		[
			"two http://a.example http://b.example!",
			["http://a.example", "http://b.example"],
		],
		[
			"https://example.com/?q=1&r=2#there",
			["https://example.com/?q=1&r=2#there"],
		],
	])("%s", (content, links) => {
		const found = parts(content);
		expect(found.map(({ text }) => text).join("")).toBe(content);
		expect(
			found.filter(({ href }) => href !== undefined).map(({ text }) => text),
		).toEqual(links);
	});

	test.each([
		"javascript:alert(1)",
		"data:text/html,x",
		"ftp://example.com",
		"https://bank.example@elsewhere.example/",
		"https://",
		"//elsewhere.example",
		"example.com",
	])("%s is none", (content) => {
		expect(parts(content)).toEqual([{ text: content }]);
	});

	test.each([
		["https://example.com/docs，谢谢", "https://example.com/docs"],
		["（https://example.com/a）。", "https://example.com/a"],
		["「https://example.com/a」を見て", "https://example.com/a"],
		["https://example.com/a؟ نعم", "https://example.com/a"],
		["“https://example.com/a”", "https://example.com/a"],
		["https://example.com/入口", "https://example.com/入口"],
	])("punctuation of other scripts ends an address: %s", (content, link) => {
		expect(parts(content).find(({ href }) => href)?.text).toBe(link);
	});

	test.each([
		["https://аррӏе.com/login", "xn--80ak6aa92e.com"],
		["https://ｅｘａｍｐｌｅ.com", "example.com"],
		["https://0x7f.1/", "127.0.0.1"],
		["https://example.com\\.evil.example", "example.com"],
		[
			"https://example.com⁄x.evil.example",
			"example.xn--comx-2g7a.evil.example",
		],
		["https://EXAMPLE.com:443/", undefined],
		["https://example.com/ä", undefined],
	])(
		"a host that is written otherwise is shown as it is: %s",
		(content, host) => {
			const [link] = parts(content);
			expect(link?.host).toBe(host);
		},
	);

	test("a cut text ends with no part of an address as a link", () => {
		const content = `see https://example.com/${"a".repeat(50)} there`;
		expect(parts(content, 40)).toEqual([{ text: "see" }]);
		expect(parts(content.slice(4), 19)).toEqual([
			{ text: "https://example.com" },
		]);
		expect(parts(`https://a.example/ ${content}`, 40)).toEqual([
			{ text: "https://a.example/", href: "https://a.example/" },
			{ text: " see" },
		]);
	});

	test("an address ends before an invisible character", () => {
		expect(parts("https://example.com/a\u202Egpj.b")[0]).toEqual({
			text: "https://example.com/a",
			href: "https://example.com/a",
		});
	});
});

describe("cut", () => {
	test("leaves short texts and few lines", () => {
		expect(cut("short")).toBeUndefined();
		expect(cut("a\n".repeat(20))).toBeUndefined();
	});
	test("cuts long texts, but no character of two code units", () => {
		expect(cut("x".repeat(5000))).toHaveLength(1000);
		expect(cut(`${"x".repeat(999)}😀${"x".repeat(999)}`)).toHaveLength(999);
	});
	test("cuts after 24 lines", () => {
		expect(cut("a\n".repeat(500))?.split("\n")).toHaveLength(24);
	});
});

describe("names", () => {
	const id = "a11ce000-0000-4000-8000-000000000001";
	const called = (name: string): string => {
		const directory = new Directory();
		directory.learn([{ userId: id, name }]);
		return directory.name(id);
	};
	test.each([
		["Alice", "Alice"],
		["Ali\u202Ece", "Alice"],
		["\u200B\u200D", "User a11ce000"],
		["", "User a11ce000"],
		["  A \n B ", "A B"],
		["x".repeat(128), `${"x".repeat(59)}…`],
	])("%j is shown as %j", (name, shown) => {
		expect(called(name)).toBe(shown);
	});
	test.each<[string[], string]>([
		[[], ""],
		[["A"], "A"],
		[["A", "B"], "A and B"],
		[["A", "B", "C"], "A, B and C"],
		[["A", "B", "C", "D"], "A, B and 2 others"],
	])("%j in words", (names, words) => {
		expect(inWords(names)).toBe(words);
	});
	test("a conversation without a title shows the names of the other participants", () => {
		const directory = new Directory();
		const participant = (userId: string) => ({
			userId,
			role: "member" as const,
			joinedAt: "2026-01-01T00:00:00.000Z",
		});
		const details = {
			conversationId: id,
			title: null,
			metadata: {},
			createdBy: id,
			createdAt: "2026-01-01T00:00:00.000Z",
			headSeq: 0,
			participantCount: 2,
			participants: [participant(id), participant("b0b00000-1")],
		};
		expect(titleOf(null, details, directory, id)).toBe("User b0b00000");
		expect(titleOf("Lunch", details, directory, id)).toBe("Lunch");
		expect(titleOf(" ", undefined, directory, id)).toBe("Conversation");
	});
});

describe("a token's claims", () => {
	const jwt = (claims: unknown): string =>
		`e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;
	const id = "A11CE000-0000-4000-8000-000000000001";
	test("user_id overrides sub, and names are UTF-8", () => {
		expect(claimsOf(jwt({ sub: "x", user_id: id, name: "Zoë 😀" }))).toEqual({
			userId: id.toLowerCase(),
			name: "Zoë 😀",
		});
		expect(claimsOf(jwt({ sub: id }))?.userId).toBe(id.toLowerCase());
	});
	test.each(["", "x", "a.b.c", jwt(null), jwt({}), jwt({ sub: "bob" })])(
		"%j has none",
		(token) => expect(claimsOf(token)).toBeUndefined(),
	);
});

test("recent days have names", () => {
	const now = new Date(2026, 10, 25, 12).getTime();
	const ago = (days: number): string => dayName(now - days * 86_400_000, now);
	expect(ago(0)).toBe("Today");
	expect(ago(1)).toBe("Yesterday");
	expect(ago(3)).toMatch(/^\p{L}+$/u);
	expect(ago(30)).toMatch(/2026/);
	expect(ago(-1)).toMatch(/2026/);
});

test("days follow the calendar, also with 25 or 23 hours", () => {
	const zone = process.env.TZ;
	try {
		process.env.TZ = "Europe/Berlin";
		// The clock goes back on 25 October 2026, forward on 28 March 2027.
		const late = new Date(2026, 9, 25, 23, 30).getTime();
		expect(dayName(new Date(2026, 9, 24, 12).getTime(), late)).toBe(
			"Yesterday",
		);
		expect(dayName(new Date(2026, 9, 25, 0, 10).getTime(), late)).toBe("Today");
		const early = new Date(2027, 2, 29, 0, 10).getTime();
		expect(dayName(new Date(2027, 2, 28, 12).getTime(), early)).toBe(
			"Yesterday",
		);
		expect(dayName(new Date(2027, 2, 27, 23, 50).getTime(), early)).toBe(
			"Saturday",
		);
	} finally {
		if (zone === undefined) delete process.env.TZ;
		else process.env.TZ = zone;
	}
});

test("users with the same name are distinguished, and so are users without a name whose ids were created within a minute", () => {
	const directory = new Directory();
	const bobs = [
		"b0b00000-0000-4000-8000-000000000001",
		"b1b00000-0000-4000-8000-000000000002",
	] as const;
	directory.learn([{ userId: bobs[0], name: "Bob" }]);
	expect(directory.name(bobs[0])).toBe("Bob");
	directory.learn([{ userId: bobs[1], name: "bob" }]);
	expect(directory.name(bobs[0])).not.toBe(directory.name(bobs[1]));
	directory.learn([{ userId: bobs[1], name: "Robert" }]);
	expect(bobs.map((id) => directory.name(id))).toEqual(["Bob", "Robert"]);
	expect(directory.name("01a206f1-1111-7000-8000-0000aaaaaaaa")).not.toBe(
		directory.name("01a206f1-2222-7000-8000-0000bbbbbbbb"),
	);
});
