/** Tests `secureconnect chat` in a terminal: they press keys and read the screen. */
import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { recordLoads } from "./support/loaded.ts";
import {
	connect,
	history,
	rest,
	type ServerProcess,
	shareServe,
	startServe,
} from "./support/server-process.ts";
import {
	needTmux,
	Terminal,
	type TerminalOptions,
} from "./support/terminal.ts";
import { ALICE, BOB } from "./support/terminal-client.ts";

const OPEN = ["--conversations", "open"];

beforeEach(needTmux);
/** Server of the tests that neither stop nor configure it. Each test has its own conversations. */
const open = shareServe(OPEN);
/** The same, with the default policy: only participants connect. */
const closed = shareServe();

/** Opens Alice's terminal and waits for the connection. */
async function alicesTerminal(
	server: { readonly address: string },
	id: string,
	{ env, ...options }: TerminalOptions = {},
): Promise<Terminal> {
	const terminal = new Terminal(
		["chat", id, "--url", `http://${server.address}`],
		{
			...options,
			env: {
				SECURECONNECT_TOKEN: await token(ALICE, { name: "Alice" }),
				...env,
			},
		},
	);
	await terminal.until(/ connected$/m);
	return terminal;
}

async function bobIn(server: ServerProcess, id: string) {
	return connect(server, id, BOB, {
		bearer: await token(BOB, { name: "Bob" }),
	});
}

/** Whether header, conversation, status line and draft stand in their places. */
function isWhole(screen: string[], columns: number, rows: number): boolean {
	return (
		screen.length === rows &&
		/(connected|connecting|trying again)$/.test(screen[0] ?? "") &&
		/^>/.test(screen.at(-1) ?? "") &&
		screen.every((line) => [...line].length <= columns)
	);
}

describe("the terminal chat", () => {
	test("sends and receives; shows users online, typing, the date, and the status of sent messages", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		bob.send({ type: "chat", content: "before" });
		await bob.next("chat");
		const terminal = await alicesTerminal(server, id);
		await terminal.until(/^\d\d:\d\d Bob: before$/m);
		await terminal.until(/2 here: Alice, Bob/);
		await terminal.until(/─ \w{3} \d{4}-\d\d-\d\d ─/);

		terminal.type("Hello Bob");
		await bob.next("typing");
		terminal.keys("Enter");
		expect(await bob.next("chat")).toMatchObject({
			content: "Hello Bob",
			sender_id: ALICE,
		});
		await terminal.until(/^\d\d:\d\d Alice: Hello Bob ✓$/m);

		bob.send({ type: "typing" });
		await terminal.until(/^Bob is typing…$/m);
		bob.send({ type: "chat", content: "Hello Alice" });
		const screen = await terminal.until(/^\d\d:\d\d Bob: Hello Alice$/m);
		expect(screen.join("\n")).not.toContain("typing");
		expect(isWhole(screen, 80, 24)).toBe(true);

		await bob.close();
		await terminal.until(/1 here: Alice /);
	});

	test("shows the title of the conversation and the names of offline participants", async () => {
		const server = closed();
		const [id, bearer] = [randomUUID(), await token(BOB, { name: "Bob" })];
		await rest(server, "POST", "/v1/conversations", bearer, {
			conversation_id: id,
			title: "Lunch",
			participant_ids: [ALICE],
		});
		const bob = await bobIn(server, id);
		bob.send({ type: "chat", content: "Noon?" });
		await bob.next("chat");
		await bob.close();
		const terminal = await alicesTerminal(server, id);
		await terminal.until(/^ Lunch · /);
		await terminal.until(/ (Bob|b0b00000): Noon\?$/m);
	});

	test("advances the read watermark to the newest message that was on the screen", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		await alicesTerminal(server, id);
		bob.send({ type: "chat", content: "read this" });
		const { message_id } = await bob.next("chat");
		expect(await bob.next("read")).toMatchObject({
			sender_id: ALICE,
			message_id,
		});
	});

	test("does not mark messages as read while the terminal has no focus", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		const terminal = await alicesTerminal(server, id);
		expect(terminal.output).toContain("\u001b[?1004h");
		terminal.type("\u001b[O");
		terminal.type("a");
		await terminal.until(/^> a$/m);
		bob.send({ type: "chat", content: "unseen" });
		const { message_id } = await bob.next("chat");
		await terminal.until(/Bob: unseen$/m);
		// The server sends typing frames every three seconds, and a watermark a second after it moved. So a watermark would
		// arrive before the next typing frame.
		const heard = bob.of("typing").length;
		await expect
			.poll(
				() => {
					terminal.type("a");
					return bob.of("typing").length;
				},
				{ timeout: 20_000, interval: 300 },
			)
			.toBeGreaterThan(heard);
		expect(bob.frames.some(({ type }) => type === "read")).toBe(false);
		terminal.type("\u001b[I");
		expect(await bob.next("read")).toMatchObject({ message_id });
		expect(terminal.text).toMatch(/^> a+$/m);
	});

	test("redraws the screen at Ctrl-L", async () => {
		const server = open();
		const terminal = await alicesTerminal(server, randomUUID());
		terminal.type("draft");
		await terminal.until(/^> draft$/m);
		terminal.write("\u001b[5;1Hrubbish of another program");
		await terminal.until(/rubbish/);
		terminal.keys("C-l");
		await terminal.until(
			(screen) =>
				screen.includes("> draft") && !screen.join("\n").includes("rubbish"),
			"the screen without the rubbish",
		);
	});

	test("leaves at the second Ctrl-C if there is a draft", async () => {
		const server = open();
		const terminal = await alicesTerminal(server, randomUUID());
		terminal.type("draft");
		await terminal.until(/^> draft$/m);
		terminal.keys("C-c");
		await terminal.until(/Ctrl\+C again to leave/);
		terminal.type("!");
		await terminal.until(/^> draft!$/m);
		terminal.keys("C-c");
		await terminal.until(/Ctrl\+C again to leave/);
		terminal.keys("C-c");
		await terminal.until(/^EXIT 0$/m);
		expect(terminal.output).toContain("\u001b[?1004l");
	});

	test("scrolls by page and line through all messages, and counts new messages below", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		for (let i = 1; i <= 160; i++)
			bob.send({ type: "chat", content: `message ${i}.` });
		await bob.waitFor(({ seq }) => seq === 160);
		const terminal = await alicesTerminal(server, id);
		await terminal.until(/message 160\./);

		terminal.keys("Up");
		await terminal.until(
			(screen) => / message 159\.$/.test(screen.at(-3) ?? ""),
			"159 as the last line",
		);
		terminal.keys("Down");
		await terminal.until(
			(screen) => / message 160\.$/.test(screen.at(-3) ?? ""),
			"160 as the last line",
		);
		// The chat fetches older pages.
		const numbers = (screen: readonly string[]): number[] =>
			screen.flatMap((line) => {
				const [, number] = /message (\d+)\.$/.exec(line) ?? [];
				return number === undefined ? [] : [Number(number)];
			});
		const seen = new Set(numbers(terminal.screen));
		while (!seen.has(1)) {
			const first = Math.min(...numbers(terminal.screen));
			terminal.keys("PPage");
			const screen = await terminal.until((lines) => {
				const [top = 0, ...more] = numbers(lines);
				return top < first && more.every((number, i) => number === top + 1 + i);
			}, `a whole page before message ${first}`);
			for (const number of numbers(screen)) seen.add(number);
			// The date stands above the oldest loaded message. When older messages arrive, that row disappears and the screen
			// moves by one row.
			if (!seen.has(1))
				await terminal.until(
					(lines) => !/─ \w{3} \d{4}-/.test(lines.join("\n")),
					"older messages above",
				);
		}
		expect(seen.size).toBe(160);

		bob.send({ type: "chat", content: "something new" });
		const scrolled = await terminal.until(/^↓ 1 new below/m);
		expect(scrolled.join("\n")).toContain(" message 1.");
		expect(scrolled.join("\n")).not.toContain("something new");
		terminal.keys(...Array.from({ length: 10 }, () => "NPage"));
		await terminal.until(/ Bob: something new$/m);
		expect(terminal.text).not.toContain("below");
	});

	test("queues messages after kill -9 of the server, and sends them after its restart", async () => {
		const data = temporaryDirectory();
		const server = await startServe(data, OPEN);
		const id = randomUUID();
		const terminal = await alicesTerminal(server, id);
		terminal.type("one");
		terminal.keys("Enter");
		await terminal.until(/ Alice: one ✓$/m);

		await server.program.killHard();
		await terminal.until(/ no connection, trying again$/m);
		terminal.type("two");
		terminal.keys("Enter");
		const screen = await terminal.until(/ Alice: two \(queued\)$/m);
		expect(isWhole(screen, 80, 24)).toBe(true);

		const again = await startServe(data, [...OPEN, "--port", `${server.port}`]);
		await terminal.until(/ Alice: two ✓$/m);
		await terminal.until(/ connected$/m);
		const bob = await bobIn(again, id);
		bob.send({ type: "chat", content: "three" });
		await terminal.until(/ Bob: three$/m);
		expect(
			(await history(again, id, await token(ALICE))).map((e) => e.content),
		).toEqual(["one", "two", "three"]);
	});

	test("adapts to the size of the window", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		for (let i = 1; i <= 30; i++)
			bob.send({ type: "chat", content: `${i} ${"word ".repeat(i)}end${i}.` });
		await bob.waitFor(({ seq }) => seq === 30);
		const terminal = await alicesTerminal(server, id);
		await terminal.until(/end30\.$/m);
		for (const [columns, rows] of [
			[40, 12],
			[120, 40],
			[20, 6],
			[80, 24],
		] as const) {
			terminal.resize(columns, rows);
			const screen = await terminal.until(
				(lines) =>
					isWhole(lines, columns, rows) && /end30\.$/m.test(lines.join("\n")),
				`a whole screen of ${columns}x${rows}`,
			);
			expect(screen.at(-3)).toMatch(/end30\.$/);
			terminal.type("x");
			await terminal.until((lines) => /^> x+$/.test(lines.at(-1) ?? ""), "> x");
			expect(terminal.state("cursor_y")).toEqual([String(rows - 1)]);
		}
	});

	test("has the keys of a shell, and accepts a paste of several lines as one message", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		const terminal = await alicesTerminal(server, id);
		const line = (text: string) =>
			terminal.until((screen) => screen.at(-1) === text, `the line "${text}"`);
		terminal.type("world wide");
		terminal.keys("C-a");
		terminal.type("hello ");
		await line("> hello world wide");
		terminal.keys("C-e", "C-w");
		await line("> hello world");
		// After the remaining space.
		terminal.keys("Left", "Left", "Left", "BSpace");
		await line("> hello wold");
		terminal.keys("Home", "DC", "End");
		terminal.type("!");
		await line("> ello wold !");
		terminal.keys("C-u");
		await line(">");
		terminal.paste("first line\nsecond line\nthird");
		await terminal.until(/^> first line\n {2}second line\n {2}third$/m);
		terminal.keys("Enter");
		expect(await bob.next("chat")).toMatchObject({
			content: "first line\nsecond line\nthird",
		});
		await terminal.until(
			/ Alice: first line\n {6}second line\n {6}third ✓\n.*\n>$/,
		);
	});

	test("refuses a paste that is too long, and shows what to do until the next key", async () => {
		const server = open();
		const terminal = await alicesTerminal(server, randomUUID());
		terminal.type("kept");
		await terminal.until(/^> kept$/m);
		terminal.paste("x".repeat(20_001));
		await terminal.until(/^too long for a draft: .*--json"\n> kept$/m);
		terminal.type("!");
		await terminal.until(/^─+\n> kept!$/m);
	});

	test("shows the beginning of a long message, and with Ctrl-O all of it, to scroll through", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		const lines = Array.from({ length: 100 }, (_, i) => `line ${i + 1}.`);
		bob.send({ type: "chat", content: lines.join("\n") });
		bob.send({ type: "chat", content: "after" });
		const terminal = await alicesTerminal(server, id);
		const short = await terminal.until(/ Bob: after$/m);
		const text = short.join("\n");
		expect(text).toMatch(/ line 20\.\n {6}… \d+ more characters \(Ctrl\+O\)\n/);
		expect(text).not.toContain("line 21.");

		terminal.keys("C-o");
		const top = await terminal.until(/^\d\d:\d\d Bob: line 1\.$.* line 20\./ms);
		expect(top.join("\n")).not.toContain("after");
		const shown = (screen: readonly string[]): number[] =>
			[...screen.join("\n").matchAll(/line (\d+)\./g)].map(([, n]) =>
				Number(n),
			);
		const seen = new Set(shown(top));
		while (!seen.has(lines.length)) {
			const last = Math.max(...seen);
			terminal.keys("NPage");
			// A half-drawn screen has gaps. The next page is complete and ends further down than all earlier pages.
			const page = await terminal.until((screen) => {
				const [first = Number.NaN, ...more] = shown(screen);
				return (
					isWhole(screen, 80, 24) &&
					more.every((line, i) => line === first + 1 + i) &&
					first <= last + 1 &&
					(more.at(-1) ?? first) > last
				);
			}, `the page behind line ${last}`);
			for (const line of shown(page)) seen.add(line);
		}
		expect([...seen]).toEqual(lines.map((_, i) => i + 1));
		terminal.keys("NPage");
		const end = await terminal.until(/ Bob: after$/m);
		expect(end.join("\n")).toContain("line 100.\n      (Ctrl+O: show less)");

		terminal.keys("C-o");
		await terminal.until(
			/ line 20\.\n.* more characters \(Ctrl\+O\)\n.* Bob: after$/m,
		);
		// The draft is unchanged, and the chat still works.
		terminal.type("ok");
		terminal.keys("Enter");
		expect(await bob.waitFor(({ content }) => content === "ok")).toBeTruthy();
	});

	test("opens messages of 100,000 characters, one after the other", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		for (const [i, of] of ["漢", "👩🏽", "\n"].entries()) {
			const parts = Array.from({ length: 17_000 }, (_, n) => of + n);
			bob.send({ type: "chat", content: `begin${i} ${parts.join("")}` });
		}
		await bob.waitFor(({ seq }) => seq === 3);
		const terminal = await alicesTerminal(server, id, { rows: 12 });
		await terminal.until(/more characters \(Ctrl\+O\)$/m);
		for (const i of [2, 1, 0]) {
			// Scrolls up until the previous message is the newest on the screen.
			while (!terminal.text.includes(`begin${i}`)) {
				const { text } = terminal;
				terminal.keys("PPage");
				// A screen that stays the same is not half-drawn.
				let before = text;
				await terminal.until((screen) => {
					const now = screen.join("\n");
					const isDrawn = now !== text && now === before;
					before = now;
					return isDrawn && isWhole(screen, 80, 12);
				}, "a page up");
			}
			terminal.keys("C-o");
			await terminal.until(new RegExp(`Bob: begin${i}`));
		}
		terminal.type("still here");
		await terminal.until(/^> still here$/m);
		expect(terminal.state("alternate_on")).toEqual(["1"]);
	});

	test("shows emoji and letters completely, whether the terminal joins them or puts them side by side", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		const texts = ["👩🏽", "👩🏽‍🚀", "🏳️‍🌈", "👨‍👩‍👧‍👦", "क्ष", "🇩🇪", "한"].map(
			(character, i) => `${character.repeat(20)}end${i}`,
		);
		for (const content of texts) bob.send({ type: "chat", content });
		await bob.waitFor(({ seq }) => seq === texts.length);
		const terminal = await alicesTerminal(server, id, {
			columns: 40,
			rows: 40,
		});
		const screen = await terminal.until(/end0$.*end6$/ms);
		// Joined characters are apart, and the margin cuts none.
		const shown = (text: string) => text.replace(/[\s\p{DI}]/gu, "");
		const [, ...messages] = screen.slice(0, -2).join("").split("Bob:");
		expect(
			messages.map((text) => shown(text.replace(/\d\d:\d\d $/, ""))),
		).toEqual(texts.map(shown));
	});

	test("counts wide characters and emoji as the terminal does", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		const terminal = await alicesTerminal(server, id, {
			columns: 40,
			rows: 12,
		});
		bob.send({ type: "chat", content: `${"漢字".repeat(30)} 🎉🎉 end` });
		const screen = await terminal.until(/🎉🎉 end$/m);
		expect(screen.filter((line) => /漢/.test(line)).length).toBe(4);
		terminal.type("漢字🎉");
		await terminal.until((lines) => lines.at(-1) === "> 漢字🎉", "> 漢字🎉");
		expect(terminal.state("cursor_x", "cursor_y")).toEqual(["8", "11"]);
		// A family is one character, and the chat sends it unchanged.
		terminal.paste("👨‍👩‍👧x");
		terminal.keys("Left", "BSpace", "Enter");
		expect(await bob.next("chat")).toMatchObject({ sender_id: BOB });
		expect(await bob.next("chat")).toMatchObject({ content: "漢字🎉x" });
	});
});

describe("the terminal is restored", () => {
	const FLAGS = ["alternate_on", "cursor_flag", "wrap_flag"];

	test("after Ctrl-C, which ends it with 0", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		const terminal = await alicesTerminal(server, id);
		expect(terminal.state(...FLAGS)).toEqual(["1", "1", "0"]);
		terminal.keys("C-c");
		const screen = await terminal.until(/^EXIT 0$/m);
		expect(terminal.state(...FLAGS)).toEqual(["0", "1", "1"]);
		expect(screen.filter((line) => line !== "")).toEqual(["BEFORE", "EXIT 0"]);
		// The client has closed the connection, so the server reports its user as left without a grace period.
		expect(await bob.next("user_left")).toMatchObject({ sender_id: ALICE });
		terminal.type("echoed");
		await terminal.until(/^echoed$/m);
	});

	test("after a crash, and the main screen shows the error", async () => {
		const server = open();
		const hook = join(temporaryDirectory(), "crash.mjs");
		writeFileSync(
			hook,
			'process.on("SIGUSR2", () => { throw new Error("planted"); });\n',
		);
		const terminal = await alicesTerminal(server, randomUUID(), {
			env: { NODE_OPTIONS: `--import=${hook}` },
		});
		const [shell = ""] = terminal.state("pane_pid");
		process.kill(childOf(Number(shell)), "SIGUSR2");
		const screen = await terminal.until(/^EXIT 1$/m);
		expect(screen.join("\n")).toMatch(
			/internal error; please report it: Error: planted/,
		);
		expect(screen[1]).toBe("BEFORE");
		expect(terminal.state(...FLAGS)).toEqual(["0", "1", "1"]);
		terminal.type("echoed");
		await terminal.until(/^echoed$/m);
	});

	test("after SIGTERM, which ends it with 0", async () => {
		const server = open();
		const terminal = await alicesTerminal(server, randomUUID());
		const [shell = ""] = terminal.state("pane_pid");
		process.kill(childOf(Number(shell)), "SIGTERM");
		await terminal.until(/^EXIT 0$/m);
		expect(terminal.state(...FLAGS)).toEqual(["0", "1", "1"]);
	});

	test("after a removal, which ends it with 1 and says so", async () => {
		const server = closed();
		const [id, bearer] = [randomUUID(), await token(BOB)];
		await rest(server, "POST", "/v1/conversations", bearer, {
			conversation_id: id,
			participant_ids: [ALICE],
		});
		const bob = await bobIn(server, id);
		bob.send({ type: "chat", content: "Farewell" });
		const terminal = await alicesTerminal(server, id);
		await terminal.until(/: Farewell$/m);
		await fetch(
			`http://${server.address}/v1/conversations/${id}/participants/${ALICE}`,
			{ method: "DELETE", headers: { Authorization: `Bearer ${bearer}` } },
		);
		const screen = await terminal.until(/^EXIT 1$/m);
		expect(screen.join("\n")).toContain(
			"secureconnect: you were removed from the conversation",
		);
		expect(terminal.state(...FLAGS)).toEqual(["0", "1", "1"]);
	});

	test("after leaving with an unacknowledged message, which ends it with 2 and says so", async () => {
		const server = await startServe(temporaryDirectory(), OPEN);
		const terminal = await alicesTerminal(server, randomUUID());
		await server.program.killHard();
		await terminal.until(/trying again$/m);
		terminal.type("lost");
		terminal.keys("Enter");
		await terminal.until(/\(queued\)$/m);
		terminal.keys("C-c");
		await terminal.until(
			/^secureconnect: one message was not acknowledged\nEXIT 2$/m,
		);
	});

	test("has colours unless NO_COLOR is set, and loads ink", async () => {
		const server = open();
		const { env, sources } = recordLoads();
		const id = randomUUID();
		const bob = await bobIn(server, id);
		bob.send({ type: "chat", content: "Hello" });
		await bob.next("chat");
		const coloured = await alicesTerminal(server, id, {
			env,
		});
		const plain = await alicesTerminal(server, id, { env: { NO_COLOR: "1" } });
		for (const terminal of [coloured, plain])
			await terminal.until(/Bob: Hello$/m);
		// biome-ignore lint/suspicious/noControlCharactersInRegex: the output for a terminal contains them.
		const COLOUR = /\u001b\[[349]\d(;\d+)*m/;
		expect(coloured.output).toMatch(COLOUR);
		expect(plain.output).not.toMatch(COLOUR);
		expect(sources()).toMatch(/node_modules\/ink\//);
	});
});

/** Returns the only child of a process. */
function childOf(pid: number): number {
	const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
	return Number(children.trim().split(" ").at(-1));
}
