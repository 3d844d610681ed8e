/** Builds a directory of the distribution again only when its inputs have changed. */
import { createHash } from "node:crypto";
import {
	globSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
/** File of a built directory that holds the fingerprint of its inputs. */
const STAMP = ".inputs";

function fingerprint(inputs: readonly string[]): string {
	const hash = createHash("sha256");
	for (const entry of globSync(inputs, { cwd: ROOT, withFileTypes: true })
		.filter((found) => found.isFile())
		.map((found) => join(found.parentPath, found.name))
		.sort())
		hash.update(entry).update("\0").update(readFileSync(entry)).update("\0");
	return hash.digest("hex");
}

function isBuilt(directory: string, wanted: string): boolean {
	try {
		return readFileSync(join(directory, STAMP), "utf8") === wanted;
	} catch {
		return false;
	}
}

/**
 * Builds a directory if it is not the build of its inputs.
 * @param inputs patterns of the files that the directory is built from, relative to the root of the repository
 * @param build writes the files into the directory that it gets
 */
export async function keepBuilt(
	directory: string,
	inputs: readonly string[],
	build: (fresh: string) => Promise<void>,
): Promise<void> {
	const wanted = fingerprint(inputs);
	if (isBuilt(directory, wanted)) return;
	// Build into a directory beside it and rename that, so that a starting server finds complete files.
	const fresh = `${directory}.${process.pid}`;
	await build(fresh);
	writeFileSync(join(fresh, STAMP), wanted);
	rmSync(directory, { recursive: true, force: true });
	try {
		renameSync(fresh, directory);
	} catch (error) {
		// A parallel build may have finished first.
		rmSync(fresh, { recursive: true, force: true });
		if (!isBuilt(directory, wanted)) throw error;
	}
}
