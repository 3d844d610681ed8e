/** Builds the chat page (apps/web) into the distribution of the CLI package, if its inputs have changed. */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { keepBuilt } from "./built.ts";

const root = join(import.meta.dirname, "..");
const page = join(root, "packages/cli/dist/page");

/** Files that the page is built from. */
const INPUTS = [
	"apps/web/{index.html,package.json,vite.config.ts}",
	"apps/web/src/**/*",
	"packages/{protocol,client,react}/{package.json,src/**/*}",
	"package-lock.json",
	"scripts/build-page.ts",
];

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

await keepBuilt(page, INPUTS, async (fresh) => {
	const { build } = await import("vite");
	await build({
		root: join(root, "apps/web"),
		logLevel: "warn",
		build: { outDir: fresh, emptyOutDir: true },
	});
	compress(fresh);
});
