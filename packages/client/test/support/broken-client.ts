/** Copies of the built client that contain a bug. They prove that a test detects the bug. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { temporaryDirectory } from "../../../server/test/support/server.ts";
import type { TimelineSdk } from "./amending-sdk.ts";

const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));

/** A text of the built client that occurs once in its file, and its replacement. */
export type Change = readonly [file: string, from: string, to: string];

/** Copies the built client, makes the changes, and loads the copy. @throws {Error} if a text is not there once */
export async function broken(changes: readonly Change[]): Promise<TimelineSdk> {
	const directory = temporaryDirectory();
	cpSync(join(PACKAGE, "dist"), join(directory, "dist"), { recursive: true });
	symlinkSync(
		join(PACKAGE, "../../node_modules"),
		join(directory, "node_modules"),
	);
	writeFileSync(
		join(directory, "package.json"),
		JSON.stringify({
			type: "module",
			imports: { "#transport": "./dist/transport/node.js" },
		}),
	);
	for (const [file, from, to] of changes) {
		const path = join(directory, "dist", file);
		const [before, after, ...more] = readFileSync(path, "utf8").split(from);
		if (after === undefined || more.length > 0)
			// The client's code has changed: update the mutant.
			throw new Error(`not once in ${file}: ${from}`);
		writeFileSync(path, before + to + after);
	}
	const load = (file: string): Promise<unknown> =>
		import(pathToFileURL(join(directory, "dist", file)).href);
	return {
		...((await load("index.js")) as Omit<TimelineSdk, "fileOutbox">),
		...((await load("file-outbox.js")) as Pick<TimelineSdk, "fileOutbox">),
	};
}
