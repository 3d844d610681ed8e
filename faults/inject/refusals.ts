import { setTimeout as delay } from "node:timers/promises";
import { rest } from "../load/http.ts";
import type { Finding } from "../oracle/record.ts";
import { answeredWithin } from "../oracle/sending.ts";
import type { Cycle } from "./fault.ts";

const ANSWER_MS = 1000;
/** The write-ahead log has room in its existing file, so the server notices a full disk only after a while. */
const FELT_MS = 10_000;
const ACKNOWLEDGED_AFTER = 20;
/** Refusals of a frame and of a request. */
const REFUSALS = ["unavailable", "503"];

/**
 * Checks a server that cannot store anything until `mend`. Every sender, also over REST, must get an error within a
 * second, and the history must stay readable. Afterwards the same process must continue without help.
 * @throws {Error} if the server refused nothing, because the fault then did not happen
 */
export async function expectRefusals(
	{ load, server }: Cycle,
	mend: () => Promise<void>,
): Promise<Finding[]> {
	const { pid } = server;
	const findings: Finding[] = [];
	const from = performance.now();
	const before = new Map(load.refusals);
	const isRefused = (code: string): boolean =>
		(load.refusals.get(code) ?? 0) > (before.get(code) ?? 0);
	const ended = server.ended.then(({ code, signal, stderr }) => {
		findings.push(broken(`the server ended (${code ?? signal}): ${stderr}`));
	});
	await Promise.race([
		load.until(() => REFUSALS.every(isRefused), "refusals", FELT_MS),
		ended,
	]);
	if (findings.length === 0)
		findings.push(...(await readHistory(server.address, load.members)));
	await Promise.race([delay(ANSWER_MS / 4), ended]);
	const to = performance.now();
	await mend();
	if (findings.length > 0) {
		await server.kill();
		await server.start();
		return findings;
	}

	const { acknowledged } = load;
	await load
		.until(
			() => load.acknowledged >= acknowledged + ACKNOWLEDGED_AFTER,
			"acknowledgements",
		)
		.catch(() =>
			findings.push(broken("the server stores nothing after the repair")),
		);
	if (server.pid !== pid) findings.push(broken("the server has a new process"));
	for (const code of load.refusals.keys())
		if (!REFUSALS.includes(code)) findings.push(broken(`refused with ${code}`));
	for (const room of load.rooms)
		findings.push(
			...answeredWithin(room, ANSWER_MS, { from, to }, performance.now()),
		);
	return findings;
}

async function readHistory(
	address: string,
	[member]: Cycle["load"]["members"],
): Promise<Finding[]> {
	const path = `/v1/conversations/${member?.conversationId}/messages`;
	const began = performance.now();
	const { status } = await rest(address, "GET", path, member?.token ?? "");
	const took = Math.round(performance.now() - began);
	return status === 200 && took <= ANSWER_MS
		? []
		: [broken(`the history request got ${status} after ${took} ms`)];
}

function broken(what: string): Finding {
	return { kind: "broken", what };
}
