/** Extracts the programs of docs/backend.md. */
import { readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { blocks } from "../../../../scripts/markdown.ts";
import { temporaryDirectory } from "../../../server/test/support/server.ts";
import { ROOT } from "./program.ts";

/** Writes each JavaScript block of the guide under the name in its first line. Returns the directory. */
export function writeBackendGuide(): string {
	const directory = temporaryDirectory();
	symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"));
	const guide = readFileSync(join(ROOT, "docs/backend.md"), "utf8");
	for (const { language, code } of blocks(guide)) {
		if (language !== "js") continue;
		const [, name] = /^\/\/ (\w+\.mjs)\n/.exec(code) ?? [];
		if (name === undefined)
			throw new Error(`docs/backend.md: a block has no file name: ${code}`);
		writeFileSync(join(directory, name), code);
	}
	return directory;
}
