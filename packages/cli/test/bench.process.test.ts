import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../..");

test.skipIf(!existsSync("/usr/bin/taskset"))(
	"the benchmark runs every workload, and everything is delivered",
	async () => {
		// Ends with another code than 0 where a message is lost, or a page of history is none.
		const { stderr } = await promisify(execFile)(
			process.execPath,
			["bench/main.ts", "smoke"],
			{ cwd: root },
		);
		expect(
			Array.from(stderr.matchAll(/^\((.)\)/gm), ([, letter]) => letter),
		).toEqual(["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"]);
		expect(stderr.match(/run 1 secureconnect/g)).toHaveLength(8);
	},
	240_000,
);
