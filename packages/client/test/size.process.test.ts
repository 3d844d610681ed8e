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

/** Largest bundle of each entry, in bytes after gzip. */
const BUDGETS = {
	ChatWebSocket: 11_000,
	createClient: 15_700,
	"createClient, timelineOf": 18_950,
};

test.each(Object.entries(BUDGETS))(
	"%s with all its dependencies is at most %i bytes gzipped",
	async (name, budget) => {
		const code = await imports(name);
		expect(code).toContain("secureconnect-outbox");
		expect(gzipped(code)).toBeLessThanOrEqual(budget);
	},
);

test("ChatWebSocket contains no requests over REST except those of the history", async () => {
	const ofRest = "too many unanswered additions";
	expect(await imports("createClient")).toContain(ofRest);
	expect(await imports("ChatWebSocket")).not.toContain(ofRest);
});

test("ChatWebSocket contains no inbox", async () => {
	const ofInbox = "conversation_removed";
	expect(await imports("createClient")).toContain(ofInbox);
	expect(await imports("ChatWebSocket")).not.toContain(ofInbox);
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
	const client = gzipped(await imports("createClient"));
	expect(client).toBeLessThan(
		gzipped(await imports("ChatWebSocket, createClient")),
	);
});

test("the timeline alone is at most 2,250 bytes gzipped, and adds at most 2,150 bytes to a client", async () => {
	const client =
		'import { createClient } from "@secureconnect/client"; console.log(createClient);';
	const timeline =
		'import { readPage, Timeline } from "@secureconnect/client/timeline"; console.log(readPage, Timeline);';
	const alone =
		'import { Timeline } from "@secureconnect/client/timeline"; console.log(Timeline);';
	expect(gzipped(await bundle(alone))).toBeLessThanOrEqual(2250);
	expect(
		gzipped(await bundle(client + timeline)) - gzipped(await bundle(client)),
	).toBeLessThanOrEqual(2150);
});
