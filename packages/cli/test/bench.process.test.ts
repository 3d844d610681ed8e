import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { LONG } from "../../server/test/support/long.ts";

/** The short form runs each workload with its own code; the others are the second with different numbers. */
const LETTERS = LONG
	? ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "m"]
	: ["a", "b", "g", "h", "i", "j", "k", "m"];
/** Workloads that compare this server with other servers. */
const COMPARED = LONG ? 9 : 5;

const root = join(import.meta.dirname, "../../..");

test.skipIf(!existsSync("/usr/bin/taskset"))(
	"the benchmark runs its workloads, and the server delivers every message",
	async () => {
		// The exit status is not 0 if a message is lost or a page of history is invalid.
		const { stderr } = await promisify(execFile)(
			process.execPath,
			["bench/main.ts", "smoke", ...LETTERS],
			{ cwd: root },
		);
		expect(
			Array.from(stderr.matchAll(/^\((.)\)/gm), ([, letter]) => letter),
		).toEqual(LETTERS);
		expect(stderr.match(/run 1 secureconnect/g)).toHaveLength(COMPARED);
	},
	240_000,
);
