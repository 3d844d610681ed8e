/** Bundle sizes of the build, made as an application's bundler makes them. */
import { gzipSync } from "node:zlib";
import { rolldown } from "rolldown";
import { expect, test } from "vitest";

const ENTRY = "entry.js";

interface Bundle {
	/** Minified code that the page loads at its start. */
	readonly code: string;
	/** Code that it loads when it needs it. */
	readonly later: readonly string[];
}

/** Bundles a page with these lines for browsers. */
async function bundleOf(lines: string): Promise<Bundle> {
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
	const [{ code }, ...rest] = output;
	const later = rest.map((it) => {
		if (it.type !== "chunk") throw new Error(`unexpected ${it.fileName}`);
		// A static import would load it at the start.
		expect(code).not.toContain(`from"./${it.fileName}"`);
		return it.code;
	});
	return { code, later };
}

async function bundle(lines: string): Promise<string> {
	return (await bundleOf(lines)).code;
}

const imports = (names: string): Promise<string> =>
	bundle(
		`import { ${names} } from "@secureconnect/client"; console.log(${names});`,
	);
const gzipped = (code: string): number => gzipSync(code, { level: 9 }).length;

/** Largest bundle of each entry, in bytes after gzip. */
const BUDGETS = {
	ChatWebSocket: 11_000,
	createClient: 15_850,
	"createClient, timelineOf": 19_100,
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
	// A policy that allows the page's own scripts allows its parts.
	expect(code.match(/\bimport\([^)]*\)/g)).toEqual([
		expect.stringMatching(/^import\(["'`]\.\//),
	]);
	expect(await imports("ChatWebSocket, indexedDbOutbox")).not.toContain(
		"import(",
	);
});

test("the part that shares a socket between tabs is loaded only with `shareTabs`, and is at most 4,200 bytes gzipped", async () => {
	const { code, later } = await bundleOf(
		'import { createClient } from "@secureconnect/client"; console.log(createClient);',
	);
	expect(later).toHaveLength(1);
	expect(gzipped(later[0] ?? "")).toBeLessThanOrEqual(4200);
	expect(code).not.toContain("secureconnect-socket");
	expect(later[0]).toContain("secureconnect-socket");
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
