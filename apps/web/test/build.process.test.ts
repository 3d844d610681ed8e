import { readdirSync, readFileSync, statSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, start } from "../../../packages/cli/test/support/program.ts";

const DIST = join(ROOT, "packages/cli/dist");
const PAGE = join(DIST, "page");
const COMMAND = join(DIST, "command");

test("an up-to-date page is not built again, and the built files are complete", async () => {
	const before = statSync(join(PAGE, "index.html"));
	const build = start(process.execPath, ["scripts/build-page.ts"]);
	expect(await build.ending(), build.stderr).toEqual({ code: 0, signal: null });
	const after = statSync(join(PAGE, "index.html"));
	expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
	expect(readdirSync(PAGE).sort()).toEqual([
		".inputs",
		"assets",
		"index.html",
		"licenses.md",
	]);
	expect(readdirSync(DIST).filter((name) => /^page\./.test(name))).toEqual([]);
});

test("an up-to-date command is not bundled again, and its bundle contains the libraries and their licences", async () => {
	const before = statSync(join(COMMAND, "main.js"));
	const build = start(process.execPath, ["scripts/build-command.ts"]);
	expect(await build.ending(), build.stderr).toEqual({ code: 0, signal: null });
	const after = statSync(join(COMMAND, "main.js"));
	expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
	const files = readdirSync(COMMAND);
	expect(files).toContain("writer.js");
	const imported = files
		.filter((name) => name.endsWith(".js"))
		.flatMap((name) => [
			...readFileSync(join(COMMAND, name), "utf8").matchAll(
				/^(?:import|export)(?: .* from)? "([^".][^"]*)";$/gm,
			),
		])
		.map(([, name = ""]) => name);
	// Ink's tool for its own developers is no part of the command.
	expect([...new Set(imported)].filter((name) => !isBuiltin(name))).toEqual([
		"react-devtools-core",
	]);
	const licences = readFileSync(join(COMMAND, "licenses.md"), "utf8");
	for (const name of [
		"fastify",
		"typebox",
		"jose",
		"pino",
		"ws",
		"ink",
		"react",
	])
		expect(licences).toMatch(new RegExp(`^## ${name} - `, "m"));
	expect(readdirSync(DIST).filter((name) => /^command\./.test(name))).toEqual(
		[],
	);
});
