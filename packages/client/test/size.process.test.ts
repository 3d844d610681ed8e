/** Bundle sizes of the build, made as an application's bundler makes them. */
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

const ENTRY = "entry.js";

/** Returns minified browser code of a page with these lines. */
async function bundle(lines: string): Promise<string> {
	const build = await rolldown({
		input: ENTRY,
		platform: "browser",
		cwd: import.meta.dirname,
		// The bundle must not import modules that a browser does not have.
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
	expect(output).toHaveLength(1);
	return output[0].code;
}

const imports = (names: string): Promise<string> =>
	bundle(
		`import { ${names} } from "@secureconnect/client"; console.log(${names});`,
	);
const gzipped = (code: string): number => gzipSync(code, { level: 9 }).length;

test("ChatWebSocket with all its dependencies is at most 10,900 bytes gzipped", async () => {
	const code = await imports("ChatWebSocket");
	expect(code).toContain("secureconnect-outbox");
	expect(gzipped(code)).toBeLessThanOrEqual(10_900);
});

test("a bundle for browsers contains no Node code and nothing that a Content-Security-Policy forbids", async () => {
	const code = await imports("ChatWebSocket, createClient, indexedDbOutbox");
	expect(code).not.toMatch(/\bnode:|\brequire\(|\bprocess\./);
	expect(code).not.toMatch(/\beval\b|\bFunction\(/);
	expect(code).not.toContain("import(");
});

test("a bundle contains only the parts that the page imports", async () => {
	expect(gzipped(await imports("ChatError"))).toBeLessThan(500);
	expect(gzipped(await imports("memoryOutbox"))).toBeLessThan(500);
	const core = gzipped(await imports("createClient"));
	expect(core).toBeLessThan(gzipped(await imports("ChatWebSocket")));
});
