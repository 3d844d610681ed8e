import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FETCH_OPTIONS } from "../../cli/test/support/npm.ts";
import { Program, start } from "../../cli/test/support/program.ts";
import { startServe } from "../../cli/test/support/server-process.ts";
import { temporaryDirectory } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";

const PROGRAM = fileURLToPath(
	import.meta.resolve("./support/node-program.mjs"),
);
/**
 * Time limit for npm to fetch a Node and for a program on it to end. npm retries a stalled connection well before.
 */
const NPM_MS = 150_000;

/** For each major version, the version that npm fetches if this machine has none. */
const VERSIONS = { 20: "20", 22: "22.23.3", 24: "24.21.0" };

test.each(Object.entries(VERSIONS))(
	"the build stores a message in a file, sends it once, and reads it back on Node %s",
	async (major, version) => {
		const node = await nodeOf(major, version);
		const data = temporaryDirectory();
		const args = ["--conversations", "open"];
		const { program: first, port } = await startServe(data, args);
		first.kill("SIGTERM");
		await first.ending();
		const [user, id] = [randomUUID(), randomUUID()];
		const file = join(temporaryDirectory(), "outbox.jsonl");
		const url = `http://127.0.0.1:${port}`;
		const run = async (part: "writes" | "reads"): Promise<string[]> => {
			const program = start(node, [
				PROGRAM,
				...[part, url, user, id, await token(user), file],
			]);
			expect(await program.ending(NPM_MS), program.stderr).toMatchObject({
				code: 0,
			});
			expect(program.stderr).toBe("");
			return program.lines;
		};

		expect(await run("writes")).toEqual(['"closed"']);
		expect(readFileSync(file, "utf8")).toContain('"kept"');
		await startServe(data, [...args, "--port", String(port)]);
		const lines = await run("reads");
		expect(lines.slice(0, -1)).toEqual([
			'["kept",1]',
			'["live",2]',
			'{"content":"kept","seq":1,"metadata":{}}',
			'{"content":"live","seq":2,"metadata":{"a_b":1}}',
		]);
		expect(JSON.parse(lines.at(-1) ?? "")).toMatch(new RegExp(`^${major}\\.`));
	},
	2 * NPM_MS,
);

/** Returns a Node of a major version: the machine's own, or one from npm. */
async function nodeOf(major: string, version: string): Promise<string> {
	const own = [
		process.execPath,
		...(process.env.PATH ?? "").split(delimiter).map((it) => join(it, "node")),
	];
	for (const path of own)
		if (
			existsSync(path) &&
			(await printed(path, ["--version"])).startsWith(`v${major}.`)
		)
			return path;
	return printed("npm", [
		...["exec", "--yes", ...FETCH_OPTIONS],
		`--package=node-linux-${process.arch}@${version}`,
		...["--", "node", "--print", "process.execPath"],
	]);
}

async function printed(
	command: string,
	args: readonly string[],
): Promise<string> {
	const program = new Program(command, args);
	try {
		const { code } = await program.ending(NPM_MS);
		expect(code, program.stderr).toBe(0);
		return program.stdout.trim();
	} finally {
		await program.killHard();
	}
}
