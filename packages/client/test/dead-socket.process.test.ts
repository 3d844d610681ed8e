import { randomUUID } from "node:crypto";
import type { Conversation } from "@secureconnect/client";
import { expect, test } from "vitest";
import { startServe } from "../../cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { clientOf, collect, ready, until } from "./support/client.ts";
import { FaultyProxy } from "./support/faulty-proxy.ts";

/** Interval of the server's pings. After five more seconds without a ping, the client checks. */
const PING_MS = 1000;
const SILENCE_MS = PING_MS + 5000;
const ANSWER_MS = 10_000;
/** Allowed delay on a busy machine. */
const BUSY_MS = 8000;

/** Returns the milliseconds until an open but dead connection is declared dead. */
async function noticed(conversation: Conversation): Promise<number> {
	const begun = performance.now();
	await until(
		conversation,
		() => conversation.state.name !== "open",
		"the dead connection to be noticed",
		40_000,
	);
	return performance.now() - begun;
}

test("a dead connection is detected in time, sooner while a message waits for its answer, and no message is missed", async () => {
	const server = await startServe(temporaryDirectory(), [
		"--conversations",
		"open",
		"--ping-interval-ms",
		String(PING_MS),
		// The server's reaction no longer reaches the client.
		"--pong-timeout-ms",
		"60000",
	]);
	const id = randomUUID();
	const [idleProxy, sendingProxy] = [
		await FaultyProxy.start(server),
		await FaultyProxy.start(server),
	];
	const idle = clientOf(idleProxy, randomUUID()).conversation(id);
	const sending = clientOf(sendingProxy, randomUUID()).conversation(id);
	const live = clientOf(server, randomUUID()).conversation(id);
	await Promise.all([ready(idle), ready(sending), ready(live)]);
	const [seenByIdle, seenBySending] = [collect(idle), collect(sending)];

	idleProxy.freeze("both");
	sendingProxy.freeze("both");
	const unseen = await live.send("while they were dead").acknowledged;
	expect(unseen.seq).toBe(1);
	const unanswered = sending.send("is anybody there?");
	const [idleMs, sendingMs] = await Promise.all([
		noticed(idle),
		noticed(sending),
	]);

	console.log(
		`noticed after ${Math.round(idleMs)} ms; with a message on its way after ${Math.round(sendingMs)} ms`,
	);
	// The last frame came up to one ping interval before the connection froze.
	expect(idleMs).toBeGreaterThan(SILENCE_MS + ANSWER_MS - PING_MS - 500);
	expect(idleMs).toBeLessThan(SILENCE_MS + ANSWER_MS + BUSY_MS);
	expect(sendingMs).toBeGreaterThan(ANSWER_MS - 500);
	expect(sendingMs).toBeLessThan(ANSWER_MS + BUSY_MS);
	expect((await unanswered.acknowledged).seq).toBe(2);
	await until(idle, () => seenByIdle.length === 2, "both messages");
	expect(seenByIdle.map(({ seq }) => seq)).toEqual([1, 2]);
	expect(seenBySending).toEqual(seenByIdle);
	expect(live.state.name).toBe("open");
});
