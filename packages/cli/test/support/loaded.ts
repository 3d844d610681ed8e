/** Records which files a start of the command loads. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../../server/test/support/server.ts";

const HOOK = `import { appendFileSync } from "node:fs";
import { registerHooks } from "node:module";
registerHooks({ load(url, context, next) { appendFileSync(process.env.LOADED, url + "\\n"); return next(url, context); } });
`;

export interface Loads {
	/** Environment of the process to record. */
	readonly env: { readonly NODE_OPTIONS: string; readonly LOADED: string };
	/** Returns the paths of the source files that the process has loaded, one per line. */
	sources(): string;
}

/** Prepares a record of the files that one process loads. */
export function recordLoads(): Loads {
	const directory = temporaryDirectory();
	const hook = join(directory, "hook.mjs");
	writeFileSync(hook, HOOK);
	const LOADED = join(directory, "loaded");
	return {
		env: { NODE_OPTIONS: `--import=${hook}`, LOADED },
		sources: () =>
			readFileSync(LOADED, "utf8").split("\n").flatMap(sourcesOf).join("\n"),
	};
}

/** Returns the sources of a loaded file. A file of the bundle names each of its parts in a comment. */
function sourcesOf(url: string): string[] {
	if (!/\/dist\/command\/[^/]+\.js$/.test(url)) return [url];
	return Array.from(
		readFileSync(new URL(url), "utf8").matchAll(
			/^\s*\/\/ ((?:packages|node_modules)\/\S+)$/gm,
		),
		([, part = ""]) => part,
	);
}
