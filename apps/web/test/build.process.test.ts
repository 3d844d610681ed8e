import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT, start } from "../../../packages/cli/test/support/program.ts";

const DIST = join(ROOT, "packages/cli/dist");
const PAGE = join(DIST, "page");

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
