import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { WireFrame } from "../../server/test/support/client.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { type Program, ROOT, start } from "./support/program.ts";
import {
	chatUrl,
	type DevProcess,
	startDev,
} from "./support/server-process.ts";

const WSCAT = join(ROOT, "node_modules/.bin/wscat");
/** Line to type, as the original protocol document shows it. */
const LINE =
	'{"type":"chat","content":"Hello","is_encrypted":false,"message_type":"text"}';

/**
 * Returns the frames of wscat. If its output is not a terminal, it prints a line per frame, after a prompt per input.
 */
function frames(wscat: Program): WireFrame[] {
	return wscat.stdout
		.split("\n")
		.slice(0, -1)
		.map((line) => JSON.parse(line.replace(/^(> )+/, "")) as WireFrame);
}

function untilFrame(
	wscat: Program,
	what: string,
	matches: (frame: WireFrame) => boolean,
): Promise<WireFrame> {
	return wscat.until(() => frames(wscat).find(matches), what);
}

async function joined(wscat: Program): Promise<Program> {
	await untilFrame(wscat, "user_joined", ({ type }) => type === "user_joined");
	return wscat;
}

/** Runs a line in a shell, with the wscat of this workspace instead of the version that npx fetches. */
function shell(line: string): Promise<Program> {
	return joined(
		start("sh", ["-c", line.replace(/^(npx )?wscat /, `exec "${WSCAT}" `)]),
	);
}

async function pair(dev: DevProcess): Promise<[Program, Program]> {
	const [alice, bob] = dev.users;
	const byHeader = await shell(
		`wscat -c "${chatUrl(dev, dev.conversationId)}" \\\n  -H "Authorization: Bearer ${alice.token}"`,
	);
	const byQuery = await shell(
		`wscat -c "${chatUrl(dev, dev.conversationId)}&access_token=${bob.token}"`,
	);
	return [byHeader, byQuery];
}

test("two wscats, one with the header and one with the query token, see each other's messages", async () => {
	const dev = await startDev(temporaryDirectory());
	const [byHeader, byQuery] = await pair(dev);

	byHeader.type(LINE);
	byQuery.type(LINE.replace("Hello", "Hello back"));

	for (const content of ["Hello", "Hello back"]) {
		const isIt = (frame: WireFrame) => frame.content === content;
		const seen = await untilFrame(byHeader, content, isIt);
		expect(await untilFrame(byQuery, content, isIt)).toEqual(seen);
		expect(seen).toMatchObject({
			type: "chat",
			conversation_id: dev.conversationId,
			content,
			is_encrypted: false,
			message_type: "text",
			metadata: {},
		});
	}
	expect(byHeader.stderr + byQuery.stderr).toBe("");
});

test("typing reaches the other wscat and not its sender", async () => {
	const dev = await startDev(temporaryDirectory());
	const [byHeader, byQuery] = await pair(dev);

	byHeader.type('{"type":"typing"}');
	byHeader.type(LINE);

	const typing = await untilFrame(
		byQuery,
		"typing",
		(f) => f.type === "typing",
	);
	expect(typing).toMatchObject({ conversation_id: dev.conversationId });
	// The message was sent after typing, so its echo shows that the server has handled typing.
	await untilFrame(byHeader, "its own message", (f) => f.type === "chat");
	expect(frames(byHeader).map(({ type }) => type)).not.toContain("typing");
});

test("a read receipt and user_left reach the other wscat", async () => {
	const dev = await startDev(temporaryDirectory(), [], {
		env: { SECURECONNECT_PRESENCE_GRACE_MS: "0" },
	});
	const [byHeader, byQuery] = await pair(dev);
	byHeader.type(LINE);
	const { message_id, sender_id } = await untilFrame(
		byQuery,
		"the message",
		(f) => f.type === "chat",
	);

	byQuery.type(JSON.stringify({ type: "read", message_id }));
	const read = await untilFrame(byHeader, "read", (f) => f.type === "read");
	expect(read).toMatchObject({ message_id });
	expect(read.sender_id).not.toBe(sender_id);

	byQuery.kill("SIGINT");
	const left = await untilFrame(
		byHeader,
		"left",
		(f) => f.type === "user_left",
	);
	expect(left.sender_id).toBe(read.sender_id);
});

test("the lines that dev prints work when pasted into two shells", async () => {
	const dev = await startDev(temporaryDirectory());
	const [, said] = await dev.program.untilPrinted(
		/^ {2}(\{"type":"chat".*\})$/m,
	);
	const terminals = await Promise.all(
		dev.users.map(({ command }) => shell(command)),
	);

	terminals[0]?.type(said ?? "");

	const copies = await Promise.all(
		terminals.map((terminal) =>
			untilFrame(terminal, "the message", (f) => f.type === "chat"),
		),
	);
	expect(copies[0]).toMatchObject({ content: "Hello", seq: 1 });
	expect(copies[1]).toEqual(copies[0]);
});

test("a wscat with an invalid token gets 401", async () => {
	const dev = await startDev(temporaryDirectory());
	const wscat = start(WSCAT, [
		"-c",
		chatUrl(dev, randomUUID()),
		"-H",
		"Authorization: Bearer JWT_TOKEN",
	]);
	await wscat.ending();
	expect(wscat.stderr).toBe("error: Unexpected server response: 401\n");
});
