import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { LONG } from "../../server/test/support/long.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { SECRET, token } from "../../server/test/support/token.ts";
import { recordLoads } from "./support/loaded.ts";
import { runToEnd, SECURECONNECT, start } from "./support/program.ts";
import {
	connect,
	history,
	shareServe,
	startDev,
	startServe,
} from "./support/server-process.ts";
import {
	ALICE,
	BOB,
	contentsOf,
	framesOf,
	startClient,
	untilConnected,
	untilContent,
} from "./support/terminal-client.ts";

const OPEN = ["--conversations", "open"];
/** Server of the tests that neither stop nor configure it. Each test has its own conversation. */
const open = shareServe(OPEN);

describe("secureconnect chat --json", () => {
	test("sends the lines in order, and ends with 0 when all are in the history", async () => {
		const server = open();
		const id = randomUUID();
		const chat = await startClient("chat", server, id, ALICE, ["--json"]);
		// More than the command sends before the first acknowledgement.
		const lines = Array.from({ length: 600 }, (_, i) => `line ${i}`);
		chat.type(lines.join("\n"));
		chat.endInput();
		expect(await chat.ending(30_000), chat.stderr).toEqual({
			code: 0,
			signal: null,
		});
		const stored = await history(server, id, await token(ALICE));
		expect(stored.map(({ content }) => content)).toEqual(lines);
		expect(contentsOf(chat)).toEqual(lines);
		expect(chat.stderr).toBe("secureconnect: connected\n");
	});

	test("a line is text, or JSON with content and options; an empty line is ignored", async () => {
		const server = open();
		const id = randomUUID();
		const chat = await startClient("chat", server, id, ALICE, ["--json"]);
		for (const line of [
			"plain, with \u2028 and a trailing return\r",
			"",
			'{"content":"with options","message_type":"note","metadata":{"a":[1]},"is_encrypted":true}',
			'{"content":""}',
			'{"no":"content"}',
			'{"content":5}',
			"{broken",
		])
			chat.type(line);
		chat.endInput();
		expect(await chat.ending(), chat.stderr).toMatchObject({ code: 0 });
		const stored = await history(server, id, await token(ALICE));
		expect(stored.map(({ content }) => content)).toEqual([
			"plain, with \u2028 and a trailing return",
			"with options",
			"",
			'{"no":"content"}',
			'{"content":5}',
			"{broken",
		]);
		expect(stored[1]).toMatchObject({
			message_type: "note",
			metadata: { a: [1] },
			is_encrypted: true,
		});
	});

	test("a line that is not UTF-8 is refused with its number, and the exit status is 2", async () => {
		const server = open();
		const id = randomUUID();
		const chat = await startClient("chat", server, id, ALICE, ["--json"]);
		chat.type("before");
		chat.type(Buffer.from("Zoë", "latin1"));
		chat.type("after");
		chat.endInput();
		expect(await chat.ending()).toMatchObject({ code: 2 });
		expect(chat.stderr).toContain("line 2 was not stored: it is not UTF-8");
		const stored = await history(server, id, await token(ALICE));
		expect(stored.map(({ content }) => content)).toEqual(["before", "after"]);
	});

	test("prints frames as they are on the wire, and nothing else", async () => {
		const server = open();
		const id = randomUUID();
		const chat = await startClient("chat", server, id, ALICE, ["--json"]);
		await untilConnected(chat);
		const bob = await connect(server, id, BOB);
		bob.send({ type: "typing" });
		bob.send({
			type: "chat",
			content: "Hello",
			metadata: { someKey: { other_key: 1 } },
		});
		const sent = await bob.next("chat");
		bob.send({ type: "read", message_id: sent.message_id });
		await chat.until(
			() => framesOf(chat).find(({ type }) => type === "read"),
			"read",
		);
		await bob.close();
		await chat.until(
			() => framesOf(chat).find(({ type }) => type === "user_left"),
			"user_left",
		);
		const frames = framesOf(chat).filter(({ sender_id }) => sender_id === BOB);
		expect(frames.map(({ type }) => type)).toEqual([
			"user_joined",
			"typing",
			"chat",
			"read",
			"user_left",
		]);
		expect(frames[2]).toEqual(sent);
		chat.endInput();
		expect(await chat.ending()).toMatchObject({ code: 0 });
	});

	test("--history prints the newest entries, then live frames, without a gap or a repeat", async () => {
		const server = open();
		const id = randomUUID();
		const bob = await connect(server, id, BOB);
		for (let i = 1; i <= 150; i++) bob.send({ type: "chat", content: `${i}` });
		await bob.waitFor(({ seq }) => seq === 150);
		// Bob keeps sending meanwhile.
		let i = 150;
		const sending = setInterval(
			() => bob.send({ type: "chat", content: `${++i}` }),
			2,
		);
		const chat = await startClient("chat", server, id, ALICE, [
			...["--json", "--history", "120"],
		]);
		await untilConnected(chat);
		await chat.until(() => contentsOf(chat).length > 200 || undefined, "200");
		clearInterval(sending);
		const seqs = framesOf(chat)
			.filter(({ type }) => type === "chat")
			.map(({ seq }) => Number(seq));
		const [first = 0] = seqs;
		expect(first).toBeGreaterThan(30);
		expect(seqs).toEqual(seqs.map((_, n) => first + n));
		const stored = await history(server, id, await token(BOB));
		expect(framesOf(chat).find(({ seq }) => seq === first)).toEqual(
			stored[first - 1],
		);
	});

	test("after a killed server restarts, every line is stored once, and the exit status is 0", async () => {
		const data = temporaryDirectory();
		const server = await startServe(data, OPEN);
		const id = randomUUID();
		const chat = await startClient("chat", server, id, ALICE, ["--json"]);
		chat.type("before");
		await untilContent(chat, "before");
		await server.program.killHard();
		await chat.until(
			() =>
				/no connection to http:.*, trying again/.test(chat.stderr) || undefined,
			"that there is no connection",
		);
		chat.type("meanwhile");
		chat.endInput();
		const again = await startServe(data, [...OPEN, "--port", `${server.port}`]);
		expect(await chat.ending(30_000), chat.stderr).toMatchObject({ code: 0 });
		const stored = await history(again, id, await token(ALICE));
		expect(stored.map(({ content }) => content)).toEqual([
			"before",
			"meanwhile",
		]);
	});

	test("ends with 2 and names the line if a line was not stored", async () => {
		const server = await startServe(temporaryDirectory(), [
			...OPEN,
			...["--max-message-bytes", "2000"],
		]);
		const id = randomUUID();
		const chat = await startClient("chat", server, id, ALICE, ["--json"]);
		for (const line of [
			"first",
			"secret ".repeat(300),
			'{"content":"x","message_type":7}',
			`{"content":"too long a type","message_type":"${"x".repeat(65)}"}`,
			"last",
		])
			chat.type(line);
		chat.endInput();
		expect(await chat.ending(), chat.stderr).toMatchObject({ code: 2 });
		expect(contentsOf(chat)).toEqual(["first", "last"]);
		expect(chat.stderr).toMatch(
			// The setting is 2000 bytes; each frame of the shared socket names its conversation.
			/^secureconnect: line 2 was not stored: the message is \d+ bytes, the server takes 1943$/m,
		);
		expect(chat.stderr).toMatch(
			/^secureconnect: line 3 was not stored: message_type must be text$/m,
		);
		expect(chat.stderr).toMatch(/^secureconnect: line 4 was not stored: /m);
		expect(chat.stderr).not.toContain("secret");
		expect(framesOf(chat).find(({ type }) => type === "error")).toMatchObject({
			code: "invalid_frame",
			timestamp: expect.any(String),
		});
	});

	test.for(["SIGINT", "SIGTERM"] as const)(
		"%s ends it with 0, or with 2 if a message is unacknowledged",
		async (signal) => {
			const server = await startServe(temporaryDirectory(), OPEN);
			const id = randomUUID();
			const [quiet, busy] = await Promise.all([
				startClient("chat", server, id, ALICE, ["--json"]),
				startClient("chat", server, id, BOB, ["--json"]),
			]);
			await Promise.all([quiet, busy].map(untilConnected));
			quiet.type("Hello");
			await Promise.all([quiet, busy].map((it) => untilContent(it, "Hello")));
			await server.program.killHard();
			await busy.until(
				() => /trying again/.test(busy.stderr) || undefined,
				"that there is no connection",
			);
			busy.type("unanswered");
			// The refusal of this line shows that the earlier lines were read.
			busy.type('{"content":"x","message_type":7}');
			await busy.until(
				() => /line 2 was not stored/.test(busy.stderr) || undefined,
				"the second line",
			);
			quiet.kill(signal);
			busy.kill(signal);
			expect(await quiet.ending()).toEqual({ code: 0, signal: null });
			expect(await busy.ending()).toEqual({ code: 2, signal: null });
			expect(busy.stderr).toContain("2 of the messages read were not");
		},
	);

	test("ends without an error line when the reader of its output ends", async () => {
		const server = open();
		const program = start(
			"bash",
			[
				"-c",
				`"$NODE" "$BIN" chat "$ID" --url "$URL" --json | head -1; echo "status \${PIPESTATUS[0]}"`,
			],
			{
				env: {
					NODE: process.execPath,
					BIN: SECURECONNECT,
					ID: randomUUID(),
					URL: `ws://${server.address}/v1/ws/chat`,
					SECURECONNECT_TOKEN: await token(ALICE),
				},
			},
		);
		await program.untilPrinted(/"type":"user_joined"/);
		// A write to the pipe detects that the reader has closed it.
		const typing = setInterval(() => program.type("Hello"), 20);
		try {
			await program.untilPrinted(/^status [02]$/m);
		} finally {
			clearInterval(typing);
		}
		expect(program.stderr).not.toMatch(/EPIPE|internal error| at /);
	});

	// The client's ten attempts take at most 75 seconds.
	test.runIf(LONG)(
		"gives up an unreachable server with 1, or with 2 if a message is unacknowledged",
		async () => {
			const server = await startServe(temporaryDirectory(), OPEN);
			const id = randomUUID();
			const [quiet, busy] = await Promise.all(
				[ALICE, BOB].map((user) =>
					startClient("chat", server, id, user, ["--json"]),
				),
			);
			if (!quiet || !busy) throw new Error("two were started");
			await Promise.all([quiet, busy].map(untilConnected));
			await server.program.killHard();
			busy.type("unanswered");
			expect(await quiet.ending(90_000)).toMatchObject({ code: 1 });
			expect(await busy.ending(90_000)).toMatchObject({ code: 2 });
			for (const { stderr } of [quiet, busy])
				expect(stderr).toMatch(/the server cannot be reached at http:/);
		},
	);

	describe("ends with 1 and one line", () => {
		const refused = async (
			args: readonly string[],
			env: Readonly<Record<string, string>>,
		): Promise<string> => {
			const { code, stdout, stderr } = await runToEnd(["chat", ...args], env);
			expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
			expect(stderr).toMatch(/^secureconnect: [^\n]+\n$/);
			return stderr;
		};
		const id = randomUUID();
		const good = { SECURECONNECT_TOKEN: "x" };

		test.for([
			["no token", [id, "--json"], {}, /no user is given: give --user/],
			["no UUID", ["lunch", "--json"], good, /the conversation must be a UUID/],
			["no conversation", ["--json"], good, /missing required argument/],
			[
				"an invalid URL",
				[id, "--json", "--url", "chat.example.com"],
				good,
				/--url: "chat.example.com" is not the URL of a server/,
			],
			[
				"two flags that select the user",
				[id, "--json", "--user", ALICE, "--token-file", "x"],
				good,
				/give one of --user, --token and --token-file/,
			],
			[
				"a missing token file",
				[id, "--json", "--token-file", "/nowhere/token"],
				{},
				/the token in \/nowhere\/token cannot be read \(ENOENT\)/,
			],
			[
				"no secret",
				[id, "--json", "--user", ALICE, "--data", "/nowhere"],
				{},
				/there is no secret to sign with/,
			],
			[
				"a user id that is not a UUID",
				[id, "--json", "--user", "al"],
				{},
				/--user must/,
			],
			[
				"a history that is not a number",
				[id, "--json", "--history", "-1"],
				good,
				/--history must be a whole number/,
			],
			[
				"no terminal",
				[id],
				good,
				/standard input or output is not a terminal: give --json/,
			],
		] as const)("for %s", async ([, args, env, why]) => {
			expect(await refused(args, env)).toMatch(why);
		});

		test("for a refused token, and a conversation of other users", async () => {
			const server = await startServe(temporaryDirectory());
			const url = `http://${server.address}`;
			const other = await token(ALICE, {}, `${SECRET}, another`);
			expect(
				await refused([id, "--json", "--url", url, "--token", other], {}),
			).toMatch(/http:.* refuses the token.*--url/);
			expect(
				await refused([id, "--json", "--url", url], {
					SECURECONNECT_TOKEN: await token(ALICE),
				}),
			).toMatch(/you are not a participant/);
		});
	});

	test("--user signs with the secret of dev, --token-file reads a token", async () => {
		const data = temporaryDirectory();
		const dev = await startDev(data);
		const file = join(data, "token");
		writeFileSync(file, `${dev.users[1].token}\n`);
		const url = ["--url", `http://${dev.address}`, "--json"];
		const id = randomUUID();
		const alice = start(process.execPath, [
			...[SECURECONNECT, "chat", id, ...url],
			...["--user", ALICE, "--name", "Alice", "--data", data],
		]);
		const bob = start(process.execPath, [
			...[SECURECONNECT, "chat", id, ...url, "--token-file", file],
		]);
		await Promise.all([alice, bob].map(untilConnected));
		alice.type("Hello");
		await untilContent(bob, "Hello");
		expect(
			framesOf(alice).find(
				({ type, sender_id }) => type === "user_joined" && sender_id === ALICE,
			),
		).toMatchObject({ name: "Alice" });
	});

	test("loads neither ink nor react; serve also does not load the client", async () => {
		const [serve, chat] = [recordLoads(), recordLoads()];
		const server = await startServe(temporaryDirectory(), OPEN, serve.env);
		await untilConnected(
			await startClient(
				"chat",
				server,
				randomUUID(),
				ALICE,
				["--json"],
				chat.env,
			),
		);
		expect(serve.sources()).toMatch(/node_modules\/fastify\//);
		expect(chat.sources()).toMatch(/packages\/client\/src\//);
		for (const { sources } of [serve, chat])
			expect(sources()).not.toMatch(
				/node_modules\/(ink|react[\w-]*|yoga-layout)\//,
			);
		expect(serve.sources()).not.toMatch(/packages\/client\//);
		expect(chat.sources()).not.toMatch(/node_modules\/(fastify|pino)\//);
	});
});
