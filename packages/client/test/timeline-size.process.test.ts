/** Bundle size of the timeline's build, made as an application's bundler makes it. */
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

const ENTRY = "entry.js";

/** Returns the size of minified browser code of a page with these lines, gzipped, in bytes. */
async function sizeOf(lines: string): Promise<number> {
	const build = await rolldown({
		input: ENTRY,
		platform: "browser",
		cwd: import.meta.dirname,
		onLog: (_level, log) => {
			throw new Error(log.message);
		},
		plugins: [
			{
				name: "entry",
				resolveId: (id) => (id === ENTRY ? id : null),
				load: (id) => (id === ENTRY ? lines : null),
			},
		],
	});
	const { output } = await build.generate({ minify: true });
	return gzipSync(output[0].code, { level: 9 }).length;
}

test("the timeline is at most 2,250 bytes gzipped", async () => {
	const size = await sizeOf(
		'import { Timeline } from "@secureconnect/client/timeline"; console.log(Timeline);',
	);
	expect(size).toBeLessThanOrEqual(2250);
});

test("the timeline and its pages add at most 2,150 bytes to a client", async () => {
	const client =
		'import { createClient } from "@secureconnect/client"; console.log(createClient);';
	const timeline =
		'import { readPage, Timeline } from "@secureconnect/client/timeline"; console.log(readPage, Timeline);';
	const added = (await sizeOf(client + timeline)) - (await sizeOf(client));
	expect(added).toBeLessThanOrEqual(2150);
});
