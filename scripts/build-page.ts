/** Builds the chat page (apps/web) into the distribution of the CLI package, if its inputs have changed. */
import { createHash } from "node:crypto";
import {
	globSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { build } from "vite";

const root = join(import.meta.dirname, "..");
const page = join(root, "packages/cli/dist/page");
const stamp = join(page, ".inputs");

/** Files that the page is built from. */
const INPUTS = [
	"apps/web/{index.html,package.json,vite.config.ts}",
	"apps/web/src/**/*",
	"packages/{protocol,client,react}/{package.json,src/**/*}",
	"package-lock.json",
	"scripts/build-page.ts",
];

function fingerprint(): string {
	const hash = createHash("sha256");
	for (const entry of globSync(INPUTS, { cwd: root, withFileTypes: true })
		.filter((found) => found.isFile())
		.map((found) => join(found.parentPath, found.name))
		.sort())
		hash.update(entry).update("\0").update(readFileSync(entry)).update("\0");
	return hash.digest("hex");
}

function isBuilt(wanted: string): boolean {
	try {
		return readFileSync(stamp, "utf8") === wanted;
	} catch {
		return false;
	}
}

/** Compresses scripts and styles at the highest level. The server sends these files, so it needs no proxy for that. */
function compress(directory: string): void {
	for (const name of globSync("assets/*.{js,css,svg}", { cwd: directory })) {
		const path = join(directory, name);
		const content = readFileSync(path);
		writeFileSync(
			`${path}.br`,
			brotliCompressSync(content, {
				params: {
					[constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
					[constants.BROTLI_PARAM_SIZE_HINT]: content.length,
				},
			}),
		);
		writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
	}
}

const wanted = fingerprint();
if (!isBuilt(wanted)) {
	// Build into a directory beside the page and rename it, so that a starting server finds a complete page.
	const fresh = `${page}.${process.pid}`;
	await build({
		root: join(root, "apps/web"),
		logLevel: "warn",
		build: { outDir: fresh, emptyOutDir: true },
	});
	compress(fresh);
	writeFileSync(join(fresh, ".inputs"), wanted);
	rmSync(page, { recursive: true, force: true });
	try {
		renameSync(fresh, page);
	} catch (error) {
		// A parallel build may have finished first.
		rmSync(fresh, { recursive: true, force: true });
		if (!isBuilt(wanted)) throw error;
	}
}
