import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { SECURECONNECT, start } from "./support/program.ts";
import {
	connect,
	rest,
	shareServe,
	startServe,
} from "./support/server-process.ts";
import {
	ALICE,
	BOB,
	contentsOf,
	startClient,
	untilContent,
} from "./support/terminal-client.ts";

const OPEN = ["--conversations", "open"];
/** Server of the tests that neither stop nor configure it. Each test has its own conversation. */
const open = shareServe(OPEN);

test("tail prints the newest messages with names, then new ones; SIGINT ends it with 0", async () => {
	const server = open();
	const id = randomUUID();
	const bob = await connect(server, id, BOB, {
		bearer: await token(BOB, { name: "Bob" }),
	});
	for (let i = 1; i <= 12; i++) bob.send({ type: "chat", content: `${i}` });
	await bob.waitFor(({ seq }) => seq === 12);
	const tail = await startClient("tail", server, id, ALICE, [], { TZ: "UTC" });
	await tail.untilPrinted(/Bob: 12$/m);
	bob.send({ type: "chat", content: "two\nlines" });
	await tail.untilPrinted(/lines$/m);
	expect(tail.lines.slice(0, 10).join("\n")).toMatch(
		/^2\d{3}-\d\d-\d\d \d\d:\d\d:\d\d Bob: 3\n(?:.*\n){8}.* Bob: 12$/,
	);
	expect(tail.lines.slice(10)).toEqual([
		expect.stringMatching(/ Bob: two$/),
		"    lines",
	]);
	tail.kill("SIGINT");
	expect(await tail.ending()).toEqual({ code: 0, signal: null });
});

test("tail --no-follow ends after the newest messages", async () => {
	const server = open();
	const id = randomUUID();
	const bob = await connect(server, id, BOB);
	for (let i = 1; i <= 3; i++) bob.send({ type: "chat", content: `${i}` });
	await bob.waitFor(({ seq }) => seq === 3);
	const tail = await startClient("tail", server, id, ALICE, [
		...["--history", "2", "--no-follow"],
	]);
	expect(await tail.ending()).toEqual({ code: 0, signal: null });
	expect(tail.lines).toEqual([
		expect.stringMatching(/: 2$/),
		expect.stringMatching(/: 3$/),
	]);
});

test("tail --history counts every line that it prints for an entry", async () => {
	const server = await startServe(temporaryDirectory());
	const [id, bearer] = [randomUUID(), await token(ALICE, { name: "Alice" })];
	const call = (method: "POST" | "PATCH", path: string, body: object) =>
		rest(server, method, `/v1/conversations${path}`, bearer, body);
	await call("POST", "", { conversation_id: id, participant_ids: [BOB] });
	const alice = await connect(server, id, ALICE, { bearer });
	alice.send({ type: "chat", content: "Hello" });
	await alice.next("chat");
	for (const title of ["one", "two", "three"])
		await call("PATCH", `/${id}`, { title });
	await alice.waitFor(({ title }) => title === "three");
	const tail = await startClient("tail", server, id, ALICE, [
		...["--history", "2", "--no-follow"],
	]);
	expect(await tail.ending()).toEqual({ code: 0, signal: null });
	expect(tail.lines).toEqual([
		expect.stringMatching(/ renamed the conversation to two$/),
		expect.stringMatching(/ renamed the conversation to three$/),
	]);
});

test("tail reports users who left or were removed, and ends with 1 if its own user was removed", async () => {
	const server = await startServe(temporaryDirectory());
	const [id, bearer] = [randomUUID(), await token(ALICE, { name: "Alice" })];
	await rest(server, "POST", "/v1/conversations", bearer, {
		conversation_id: id,
		participant_ids: [BOB],
	});
	const [alices, bobs] = await Promise.all([
		startClient("tail", server, id, ALICE),
		startClient("tail", server, id, BOB),
	]);
	const alice = await connect(server, id, ALICE, { bearer });
	alice.send({ type: "chat", content: "Hello" });
	await Promise.all(
		[alices, bobs].map((it) => it.untilPrinted(/ Alice: Hello$/m)),
	);
	await fetch(
		`http://${server.address}/v1/conversations/${id}/participants/${BOB}`,
		{ method: "DELETE", headers: { Authorization: `Bearer ${bearer}` } },
	);
	await alices.untilPrinted(/ (Bob|b0b00000) was removed by Alice$/m);
	expect(await bobs.ending()).toEqual({ code: 1, signal: null });
	expect(bobs.stderr).toMatch(
		/^secureconnect: you were removed from the conversation$/m,
	);
});

test("tail --json continues without a gap after the server was killed", async () => {
	const data = temporaryDirectory();
	const server = await startServe(data, OPEN);
	const id = randomUUID();
	const bob = await connect(server, id, BOB);
	bob.send({ type: "chat", content: "1" });
	const tail = await startClient("tail", server, id, ALICE, ["--json"]);
	await untilContent(tail, "1");
	await server.program.killHard();
	const again = await startServe(data, [...OPEN, "--port", `${server.port}`]);
	const back = await connect(again, id, BOB);
	back.send({ type: "chat", content: "2" });
	await untilContent(tail, "2");
	expect(contentsOf(tail)).toEqual(["1", "2"]);
	expect(tail.stderr).toBe(
		`secureconnect: connected\nsecureconnect: no connection to http://${server.address}, trying again\nsecureconnect: connected\n`,
	);
});

test("tail | head -1 ends without an error line", async () => {
	const server = open();
	const id = randomUUID();
	const bob = await connect(server, id, BOB);
	for (let i = 1; i <= 3; i++) bob.send({ type: "chat", content: `${i}` });
	await bob.waitFor(({ seq }) => seq === 3);
	const program = start(
		"bash",
		[
			"-c",
			`"$NODE" "$BIN" tail "$ID" --url "http://$ADDRESS" --history 1 | head -1; echo "status \${PIPESTATUS[0]}"`,
		],
		{
			env: {
				NODE: process.execPath,
				BIN: SECURECONNECT,
				ID: id,
				ADDRESS: server.address,
				SECURECONNECT_TOKEN: await token(ALICE),
			},
		},
	);
	await program.untilPrinted(/: 3$/m);
	// A write to the pipe detects that the reader has closed it.
	const sending = setInterval(
		() => bob.send({ type: "chat", content: "on" }),
		20,
	);
	try {
		await program.untilPrinted(/^status 0$/m);
	} finally {
		clearInterval(sending);
	}
	expect(program.stderr).toBe("secureconnect: connected\n");
});
