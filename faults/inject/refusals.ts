import { setTimeout as delay } from "node:timers/promises";
import { rest } from "../load/http.ts";
import type { Finding } from "../oracle/record.ts";
import { answeredWithin } from "../oracle/sending.ts";
import type { Cycle } from "./fault.ts";

const ANSWER_MS = 1000;
/** With the write-ahead log's file already there, a full disk takes a while to be felt. */
const FELT_MS = 10_000;
const ACKNOWLEDGED_AFTER = 20;
/** How a frame is refused, and how a request. */
const REFUSALS = ["unavailable", "503"];

/**
 * Watches a server that can store nothing, until `mend`: senders are told so within a second, over REST too; history
 * stays readable; and afterwards it goes on, in the same process, without anybody's help.
 * @throws {Error} if nothing was refused: then the fault was not there.
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
		findings.push(broken(`it ended (${code ?? signal}): ${stderr}`));
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
		.catch(() => findings.push(broken("nothing is stored after the mending")));
	if (server.pid !== pid) findings.push(broken("it is another process now"));
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
		: [broken(`history was answered by ${status} after ${took} ms`)];
}

function broken(what: string): Finding {
	return { kind: "broken", what };
}
