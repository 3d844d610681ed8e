/** A network on which a message takes longer than the time limit of an answer. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { startServe } from "../../cli/test/support/server-process.ts";
import { slowLink } from "../../cli/test/support/slow-link.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { clientOf, collect, ready, until } from "./support/client.ts";

const LONG_MS = 120_000;
const FAST = 100_000_000;

/** Sends a message to a slow client, and one from it. Resolves when both have arrived over one connection. */
async function incoming(): Promise<void> {
	const server = await startServe(temporaryDirectory(), [
		"--conversations",
		"open",
	]);
	const link = await slowLink(server, { down: 60_000, up: FAST });
	const id = randomUUID();
	const slow = clientOf(link, randomUUID()).conversation(id);
	const other = clientOf(server, randomUUID()).conversation(id);
	await Promise.all([ready(slow), ready(other)]);
	const seen = collect(slow);
	await other.send("x".repeat(1_000_000)).acknowledged;
	const own = slow.send("behind it");
	await until(slow, () => seen.length === 2, "both messages", LONG_MS);
	expect((await own.acknowledged).seq).toBe(2);
	expect(link.count()).toBe(1);
}

/** Sends a message from a slow client. Resolves when it is acknowledged over the same connection. */
async function outgoing(): Promise<void> {
	const server = await startServe(temporaryDirectory(), [
		"--conversations",
		"open",
	]);
	const link = await slowLink(server, { down: FAST, up: 60_000 });
	const slow = clientOf(link, randomUUID()).conversation(randomUUID());
	await ready(slow);
	const own = slow.send("x".repeat(1_000_000));
	await until(slow, () => own.status === "acknowledged", "it", LONG_MS);
	expect(link.count()).toBe(1);
}

// One test for both, because both only wait. As concurrent tests they would not work: what the support registers for
// the end of a test belongs to the last test that began.
test("on a slow network, a client keeps its connection while a message takes longer than the time limit of an answer, incoming or outgoing", async () => {
	await Promise.all([incoming(), outgoing()]);
});
