/** Tests messages that change in `secureconnect chat`: the commands of the draft, and the changes of other users. */
import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { token } from "../../server/test/support/token.ts";
import { connect, shareServe } from "./support/server-process.ts";
import { needTmux, Terminal } from "./support/terminal.ts";
import { ALICE, BOB } from "./support/terminal-client.ts";

beforeEach(needTmux);
const open = shareServe(["--conversations", "open"]);

/** Alice's terminal, and a plain client of Bob in the same conversation. */
async function scene() {
	const id = randomUUID();
	const bob = await connect(open(), id, BOB, {
		bearer: await token(BOB, { name: "Bob" }),
	});
	const terminal = new Terminal(
		["chat", id, "--url", `http://${open().address}`],
		{ env: { SECURECONNECT_TOKEN: await token(ALICE, { name: "Alice" }) } },
	);
	await terminal.until(/ connected$/m);
	/** Sends a message of Bob, and returns its id. */
	const bobSays = async (content: string): Promise<string> => {
		bob.send({ type: "chat", content });
		const { message_id } = await bob.waitFor((it) => it.content === content);
		await terminal.until(new RegExp(` Bob: ${content}`, "m"));
		return String(message_id);
	};
	/** Types a line of Alice, and waits until it is in the draft. */
	const aliceTypes = async (line: string): Promise<void> => {
		terminal.type(line);
		await terminal.until(
			(screen) => screen.at(-1) === `> ${line}`.trimEnd(),
			line,
		);
	};
	const aliceEnters = async (line: string): Promise<void> => {
		await aliceTypes(line);
		terminal.keys("Enter");
	};
	return { bob, terminal, bobSays, aliceTypes, aliceEnters };
}

describe("changes of another user", () => {
	test("show in the line of the message: edits, reactions, pins, deletions, answers", async () => {
		const { bob, terminal, bobSays } = await scene();
		const target_id = await bobSays("Noon?");
		bob.send({ type: "edit", target_id, content: "One o'clock?" });
		await terminal.until(/ Bob: One o'clock\? \(edited\)$/m);
		expect(terminal.text).not.toContain("Noon?");
		bob.send({ type: "reaction", target_id, reaction: "🎉", on: true });
		bob.send({ type: "pin", target_id, on: true });
		await terminal.until(/\(edited\) \(pinned\)\n {6}🎉 Bob$/m);
		bob.send({ type: "chat", content: "or later", reply_to: target_id });
		await terminal.until(
			/^ {6}╭ Bob: One o'clock\?\n\d\d:\d\d Bob: or later$/m,
		);
		bob.send({ type: "delete", target_id });
		const screen = await terminal.until(
			/ Bob: message deleted\n {6}╭ Bob: message deleted\n/m,
		);
		expect(screen.join("\n")).not.toMatch(/o'clock|pinned|🎉/);
	});

	test("cannot control the terminal", async () => {
		const { bob, terminal, bobSays } = await scene();
		const target_id = await bobSays("harmless");
		const evil = "\u001b]0;PWNED\u0007\u202e\u009b2J";
		bob.send({ type: "edit", target_id, content: `${evil} edited` });
		await terminal.until(/ Bob: ␛\]0;PWNED␇�2J edited \(edited\)$/m);
		bob.send({ type: "reaction", target_id, reaction: "\u202eab", on: true });
		await terminal.until(/^ {6}ab Bob$/m);
		bob.send({ type: "chat", content: "re", reply_to: target_id });
		await terminal.until(/╭ Bob: ␛\]0;PWNED␇�2J edited\n/);
		expect(terminal.output).not.toMatch(/[\p{Bidi_Control}]/u);
		expect(terminal.state("pane_title")[0]).not.toMatch(/PWNED/);
	});
});

describe("commands", () => {
	test("without a number concern the newest message that suits them", async () => {
		const { bob, terminal, bobSays, aliceEnters } = await scene();
		const noon = await bobSays("Noon?");
		await aliceEnters("Yess");
		await terminal.until(/ Alice: Yess ✓$/m);
		await aliceEnters("/edit Yes");
		await terminal.until(/ Alice: Yes \(edited\) ✓$/m);
		await aliceEnters("/react");
		expect(await bob.next("reaction")).toMatchObject({
			target_id: noon,
			reaction: "👍",
			on: true,
		});
		await terminal.until(/ Bob: Noon\?\n {6}👍 Alice$/m);
		await aliceEnters("/react -1");
		await terminal.until(/^ {6}👍 Alice · 👎 Alice$/m);
		await aliceEnters("/unreact +1");
		await terminal.until(/^ {6}👎 Alice$/m);
		await aliceEnters("/unreact");
		await terminal.until(/ Bob: Noon\?\n\d\d:\d\d Alice/m);
		await aliceEnters("/reply See you");
		expect(
			await bob.waitFor(({ content }) => content === "See you"),
		).toMatchObject({ reply_to: noon });
		await terminal.until(/ {6}╭ Bob: Noon\?\n\d\d:\d\d Alice: See you ✓$/m);
		await aliceEnters("/pin");
		await terminal.until(/ Alice: See you \(pinned\) ✓$/m);
		await aliceEnters("/unpin");
		await terminal.until(/ Alice: See you ✓$/m);
		await aliceEnters("/delete");
		const screen = await terminal.until(/ Alice: message deleted$/m);
		expect(screen.join("\n")).toContain("Alice: Yes (edited) ✓");
		expect(await bob.next("delete")).toMatchObject({ sender_id: ALICE });
	});

	test("show numbers in place of the times, which stay when messages arrive", async () => {
		const { bob, terminal, bobSays, aliceTypes, aliceEnters } = await scene();
		const first = await bobSays("first");
		await bobSays("second");
		await aliceTypes("/react ");
		await terminal.until(/^#2 +Bob: first\n#1 +Bob: second$/m);
		await bobSays("third");
		await terminal.until(/^#2 +Bob: first\n#1 +Bob: second\n#3 +Bob: third$/m);
		terminal.type("#2 ok");
		terminal.keys("Enter");
		expect(await bob.next("reaction")).toMatchObject({
			target_id: first,
			reaction: "ok",
		});
		await terminal.until(/^\d\d:\d\d Bob: first\n {6}ok Alice$/m);
		// No number was shown for this command.
		await aliceTypes("/pin ");
		await terminal.until(/^#3 /m);
		terminal.type("#9");
		terminal.keys("Enter");
		await terminal.until(/no message on the screen has the number #9/);
		terminal.keys("C-u");
		await terminal.until(/^>$/m);
		await aliceEnters("ok");
		await terminal.until(/ Alice: ok ✓$/m);
	});

	test("edit without a text takes the old text into the draft", async () => {
		const { terminal, aliceEnters } = await scene();
		await aliceEnters("one two");
		await terminal.until(/ Alice: one two ✓$/m);
		await aliceEnters("/edit");
		await terminal.until(/^> \/edit #1 one two$/m);
		terminal.keys("C-w");
		terminal.type("three");
		terminal.keys("Enter");
		await terminal.until(/ Alice: one three \(edited\) ✓$/m);
		expect(terminal.screen.at(-1)).toBe(">");
	});

	test("say how to use them, and what is wrong; // sends a text that begins with a slash", async () => {
		const { bob, terminal, bobSays, aliceTypes, aliceEnters } = await scene();
		await bobSays("Hello");
		await aliceTypes("/");
		await terminal.until(/^\/reply \/edit \/delete \/react \/unreact \/pin/m);
		terminal.type("rep");
		await terminal.until(/^\/reply \[#number\] text\n> \/rep$/m);
		terminal.keys("C-u");
		for (const [line, why] of [
			["/edit more", /^no message of yours is loaded$/m],
			["/reply", /^a text is missing: \/reply \[#number\] text$/m],
			["/delete all", /^no message of yours is loaded$/m],
			["/pin it", /^\/pin has no text: \/pin \[#number\]$/m],
			["/shrug", /^there is no command \/shrug; .* begin with \/\/$/m],
		] as const) {
			await aliceEnters(line);
			await terminal.until(why);
			terminal.keys("C-u");
			await terminal.until(/^>$/m);
		}
		await aliceEnters("//shrug");
		await aliceEnters("/usr/bin is a path");
		expect(
			await bob.waitFor(({ content }) => content === "/usr/bin is a path"),
		).toBeTruthy();
		expect(
			bob.of("chat").filter(({ sender_id }) => sender_id === ALICE),
		).toMatchObject([{ content: "/shrug" }, { content: "/usr/bin is a path" }]);
	});

	test("the server's refusal is shown, and the line is as before", async () => {
		const { bob, terminal, bobSays, aliceTypes } = await scene();
		await bobSays("mine");
		await aliceTypes("/edit ");
		await terminal.until(/^#1 +Bob: mine$/m);
		terminal.type("#1 yours");
		terminal.keys("Enter");
		await terminal.until(/^not changed: /m);
		await terminal.until(/ Bob: mine$/m);
		expect(bob.of("edit")).toEqual([]);
	});
});
