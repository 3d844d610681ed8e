import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Finding } from "../oracle/record.ts";
import { between } from "../random.ts";
import type { Cycle, Fault } from "./fault.ts";
import { expectRefusals } from "./refusals.ts";
import { missingStrace, Strace } from "./strace.ts";

/** Files that a commit writes and flushes: the write-ahead log and the database. */
const FILES = ["messages.db-wal", "messages.db"] as const;
const ENDS_WITHIN_MS = 2000;
const LAST_WORDS =
	/^secureconnect: the message log cannot be written any more \(.+\): .+$/;

/**
 * Lets one fsync fail. The disk then has unknown data, and a later fsync may report success, so the server must end.
 */
export const fsyncError: Fault = {
	name: "fsync-error",
	does: "one fsync returns EIO",
	scoredCycles: 20,
	missing: missingStrace,
	async prepare(directory) {
		const data = join(directory, "data");
		return {
			data,
			async inject({ number, server, load, random }) {
				await load.delivered(between(random, 50, 400));
				const strace = await Strace.attach(
					server.pid,
					"fsync,fdatasync:error=EIO:when=1",
					[join(data, FILES[number % 2 === 0 ? 0 : 1])],
				);
				await strace.injected();
				const findings = await expectEnd(server);
				await strace.detach();
				await server.kill();
				await server.start();
				return findings;
			},
			close: async () => {},
		};
	},
};

/** Lets writes fail for a while. The server must store none of these messages and report an error to each sender. */
export const writeError: Fault = {
	name: "write-error",
	does: "writes return EIO for a while",
	scoredCycles: 20,
	missing: missingStrace,
	async prepare(directory) {
		const data = join(directory, "data");
		return {
			data,
			async inject(cycle) {
				const { load, server, random } = cycle;
				await load.delivered(between(random, 50, 400));
				const strace = await Strace.attach(
					server.pid,
					"pwrite64:error=EIO",
					FILES.map((file) => join(data, file)),
				);
				return expectRefusals(cycle, () => strace.detach());
			},
			close: async () => {},
		};
	},
};

/** Checks that the server ends by itself, at once, with one line. */
async function expectEnd(server: Cycle["server"]): Promise<Finding[]> {
	const ending = await Promise.race([server.ended, delay(ENDS_WITHIN_MS)]);
	if (!ending)
		return [
			{
				kind: "broken",
				what: `the server still runs ${ENDS_WITHIN_MS} ms after a failed fsync`,
			},
		];
	const { code, signal, stderr } = ending;
	return code === 1 && LAST_WORDS.test(stderr)
		? []
		: [
				{
					kind: "broken",
					what: `the server ended with ${code ?? signal}: ${stderr}`,
				},
			];
}
