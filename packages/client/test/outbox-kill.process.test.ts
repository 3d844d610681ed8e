import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type Program, start } from "../../cli/test/support/program.ts";
import {
	history,
	type ServerProcess,
	startServe,
} from "../../cli/test/support/server-process.ts";
import { random, seedFrom } from "../../server/test/support/random.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { FaultyProxy } from "./support/faulty-proxy.ts";
import { LONG, record } from "./support/record.ts";

const CHILD = fileURLToPath(
	new URL("support/outbox-child.ts", import.meta.url),
);
const RUNS = LONG ? 40 : 4;
/** Time for a program to start on a busy machine. */
const START_MS = 60_000;
/** Maximum number of messages of a run. */
const MOST = 60;
const SEED = seedFrom("CHAOS_SEED");

function kept(program: Program): number {
	return program.lines.filter((line) => line.startsWith("kept ")).length;
}

test("after a program is killed with kill -9 while it sends, the next run sends its file's messages once, in order", {
	retry: 0,
}, async () => {
	console.log(`CHAOS_SEED=${SEED}`);
	const roll = random(SEED);
	const [data, files] = [temporaryDirectory(), temporaryDirectory()];
	const serve = (): Promise<ServerProcess> =>
		startServe(data, ["--conversations", "open"], {}, START_MS);
	let server = await serve();
	const at = { port: server.port };
	const proxy = await FaultyProxy.start(at);
	const [id, user] = [randomUUID(), randomUUID()];
	const bearer = await token(user);
	const promised: string[] = [];
	const write = (run: number, most: number): Program =>
		start(process.execPath, [
			CHILD,
			`http://${proxy.address}`,
			id,
			user,
			bearer,
			join(files, "outbox"),
			String(run),
			String(most),
		]);
	for (let run = 0; run < RUNS; run++) {
		const count = 1 + Math.floor((roll() * MOST) / 2);
		// The runs alternate between no fault, a killed server and a stalled network.
		if (run % 3 === 1) await server.program.killHard();
		if (run % 3 === 2) proxy.stall("down");
		// Twice as many as the test waits for, so that the kill interrupts a write.
		const program = write(run, 2 * count);
		await program.until(
			() => (kept(program) >= count ? true : undefined),
			`${count} messages kept`,
			START_MS,
		);
		// Every sixth run sends all messages; otherwise the outbox would fill up.
		if (run % 6 === 0) await program.untilPrinted(/^done$/m, START_MS);
		await program.killHard();
		for (let i = 0; i < kept(program); i++) promised.push(`${run}:${i}`);
		proxy.resume();
		if (run % 3 !== 1) continue;
		server = await serve();
		at.port = server.port;
	}
	await write(RUNS, 1).untilPrinted(/^done$/m, START_MS);

	const stored = (await history(server, id, bearer)).map(({ content }) =>
		String(content),
	);
	expect(new Set(stored).size, "stored twice").toBe(stored.length);
	expect(
		promised.filter((content) => !stored.includes(content)),
		"kept, and lost",
	).toEqual([]);
	const inOrder = stored.toSorted((a, b) => {
		const [runA = 0, numberA = 0] = a.split(":").map(Number);
		const [runB = 0, numberB = 0] = b.split(":").map(Number);
		return runA - runB || numberA - numberB;
	});
	expect(stored).toEqual(inOrder);
	record("A program killed with kill -9, its outbox in a file", [
		`CHAOS_SEED=${SEED}: ${RUNS} runs, ${promised.length} messages in the file, ${stored.length} in the log; lost, doubled or reordered: 0.`,
	]);
});
