import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Finding } from "../oracle/record.ts";
import { between } from "../random.ts";
import type { Cycle, Fault } from "./fault.ts";
import { expectRefusals } from "./refusals.ts";
import { missingStrace, Strace } from "./strace.ts";

/** What a commit writes and flushes, and what is moved from there now and then. */
const FILES = ["messages.db-wal", "messages.db"] as const;
const ENDS_WITHIN_MS = 2000;
const LAST_WORDS =
	/^secureconnect: the message log cannot be written any more \(.+\): .+$/;

/** A failed fsync leaves unknown data on disk, and the next fsync may report success. So there must be no next one. */
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

/** What could not be written is not stored, and everybody is told. */
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

/** The server ends by itself, at once, in one line. */
async function expectEnd(server: Cycle["server"]): Promise<Finding[]> {
	const ending = await Promise.race([server.ended, delay(ENDS_WITHIN_MS)]);
	if (!ending)
		return [
			{
				kind: "broken",
				what: `it goes on ${ENDS_WITHIN_MS} ms after a failed fsync`,
			},
		];
	const { code, signal, stderr } = ending;
	return code === 1 && LAST_WORDS.test(stderr)
		? []
		: [{ kind: "broken", what: `it ended with ${code ?? signal}: ${stderr}` }];
}
