import {
	mkdirSync,
	readdirSync,
	readFileSync,
	renameSync,
	writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
	checkPackage,
	createPackageFromTarballData,
} from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, beforeAll, expect, test } from "vitest";
import { TestClient } from "../../server/test/support/client.ts";
import { FETCH_OPTIONS } from "./support/npm.ts";
import { Program, ROOT, start } from "./support/program.ts";
import { devScreen } from "./support/server-process.ts";

const PACKAGES = [
	"@secureconnect/protocol",
	"@secureconnect/server",
	"@secureconnect/conformance",
	"@secureconnect/client",
	"@secureconnect/react",
	"secureconnect",
];
/** Oldest supported TypeScript, and the oldest that allows `require` of an ES module. */
const OLDEST = "5.4.5";
const WITH_REQUIRE = "5.8.3";
/** Time for npm to fetch packages. It retries a stalled connection well before this time. */
const NPM_MS = 150_000;
/** Files that a package may contain: the build, its command and its description. */
const SHIPPED =
	/^package\/(package\.json|README\.md|LICENSE|bin\/[\w-]+\.js|dist\/[\w/-]+\.(js|js\.map|d\.ts)|dist\/command\/(licenses\.md|[\w-]+\.js)|dist\/page\/(index\.html|licenses\.md|assets\/[\w-]+\.(js|css)(\.(br|gz))?))$/;

let directory = "";
/** Tarballs of the packages, in the order above. */
let tarballs: string[] = [];
/** Folder into which the tarballs were installed, in the way a new user does. */
let installed = "";

beforeAll(async () => {
	directory = await mkdtemp(join(tmpdir(), "secureconnect-"));
	const only = PACKAGES.flatMap((name) => ["--workspace", name]);
	await run("npm", ["pack", ...only, "--pack-destination", directory], ROOT);
	const files = readdirSync(directory);
	tarballs = PACKAGES.map((name) => {
		const prefix = `${name.replace("@", "").replace("/", "-")}-`;
		const found = files.filter((file) =>
			new RegExp(`^${prefix}\\d`).test(file),
		);
		expect(found, `the tarball of ${name}`).toHaveLength(1);
		return join(directory, found[0] ?? "");
	});
	installed = await install("project", tarballs);
	// In a separate folder, where their commands hide no other version. The alias of each has its version.
	await install(
		"compilers",
		[OLDEST, WITH_REQUIRE].map((it) => `typescript-${it}@npm:typescript@${it}`),
	);
}, 3 * NPM_MS);
afterAll(() => rm(directory, { recursive: true, force: true }));

/** Installs packages into a new folder. Returns its path. */
async function install(
	name: string,
	packages: readonly string[],
): Promise<string> {
	const folder = join(directory, name);
	mkdirSync(folder);
	writeFileSync(join(folder, "package.json"), '{ "private": true }');
	await run(
		"npm",
		[
			...["install", "--no-audit", "--no-fund", "--prefer-offline"],
			...[...FETCH_OPTIONS, ...packages],
		],
		folder,
	);
	return folder;
}

/** Runs a command and returns its output. Fails if the exit status is not 0. */
async function run(
	command: string,
	args: readonly string[],
	cwd: string,
): Promise<string> {
	const program = new Program(command, args, { cwd });
	try {
		const { code } = await program.ending(NPM_MS);
		expect(code, program.stdout + program.stderr).toBe(0);
		return program.stdout;
	} finally {
		await program.killHard();
	}
}

async function contents(tarball: string): Promise<string[]> {
	const listing = await run("tar", ["-tzf", tarball], directory);
	return listing.split("\n").filter((line) => line !== "");
}

interface Manifest {
	readonly version: string;
	readonly exports?: Readonly<Record<string, Readonly<Record<string, string>>>>;
	readonly bin?: Readonly<Record<string, string>>;
	readonly license?: string;
}

test.for(PACKAGES.map((name, i) => [name, i] as const))(
	"%s ships its build with types, a readme and the licence, and neither tests nor sources",
	async ([name, i]) => {
		const files = await contents(tarballs[i] ?? "");
		expect(files.filter((file) => !SHIPPED.test(file))).toEqual([]);
		for (const file of ["README.md", "LICENSE"])
			expect(files).toContain(`package/${file}`);
		const builds = files.filter((file) => file.endsWith(".js"));
		for (const file of builds.filter((it) =>
			/\/dist\/(?!command\/|page\/)/.test(it),
		))
			expect(files).toContain(file.replace(/\.js$/, ".d.ts"));

		const manifest = JSON.parse(
			readFileSync(
				join(installed, "node_modules", name, "package.json"),
				"utf8",
			),
		) as Manifest;
		expect(manifest.license).toBe("MIT");
		const promised = [
			...Object.values(manifest.bin ?? {}),
			...Object.values(manifest.exports ?? {}).flatMap((entry) => [
				entry.types,
				entry.default,
			]),
		].map((path) => join("package", path ?? "missing"));
		expect(promised.length).toBeGreaterThan(0);
		for (const path of promised) expect(files).toContain(path);
	},
);

test.for(PACKAGES.map((name, i) => [name, i] as const))(
	"publint and attw find nothing in %s",
	async ([name, i]) => {
		const tarball = readFileSync(tarballs[i] ?? "");
		const { messages, pkg } = await publint({
			pack: { tarball: new Uint8Array(tarball).buffer },
			strict: true,
		});
		expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
		const analysis = await checkPackage(
			createPackageFromTarballData(new Uint8Array(tarball)),
		);
		// The command exports nothing.
		if (name === "secureconnect") return;
		if (!analysis.types) throw new Error(`${name} ships no types`);
		// This is attw's profile "esm-only": require() of these packages returns an ES module.
		const problems = analysis.problems.filter(
			(problem) =>
				!("resolutionKind" in problem) ||
				!["node10", "node16-cjs"].includes(problem.resolutionKind),
		);
		expect(problems).toEqual([]);
	},
);

test("installed into an empty folder, dev runs and two clients chat by the printed URLs", async () => {
	const program = start(
		join(installed, "node_modules/.bin/secureconnect"),
		["dev", "--port", "0"],
		{ cwd: installed },
	);
	const dev = await devScreen(program);
	const [alice, bob] = await Promise.all(
		dev.users.map(({ url }) => TestClient.open(url)),
	);
	alice?.send({ type: "chat", content: "Hello from a package" });
	const frame = await bob?.next("chat");
	expect(frame).toMatchObject({ content: "Hello from a package", seq: 1 });
	expect(await alice?.next("chat")).toEqual(frame);

	// The data is in the directory of the start, as the screen says.
	expect(readdirSync(join(installed, ".secureconnect"))).toContain(
		"jwt-secret",
	);
	expect(program.stdout).toContain("kept in .secureconnect)");
	program.kill("SIGTERM");
	expect(await program.ending()).toEqual({ code: 0, signal: null });
	expect(program.stderr).toBe("");
});

test("installed into an empty folder, it serves the page; without the files of the page it says so in one line", async () => {
	const command = join(installed, "node_modules/.bin/secureconnect");
	const page = join(installed, "node_modules/secureconnect/dist/page");
	const env = {
		SECURECONNECT_JWT_SECRET: "a secret for tests, 32 bytes or more",
	};
	const args = ["serve", "--page", "--port", "0", "--data", "page-data"];
	const program = start(command, args, { cwd: installed, env });
	const [, port] = await program.untilPrinted(/"port":(\d+)/);
	const html = await (await fetch(`http://127.0.0.1:${port}/`)).text();
	const [, script = ""] = /src="\.(\/assets\/[^"]+)"/.exec(html) ?? [];
	expect((await fetch(`http://127.0.0.1:${port}${script}`)).status).toBe(200);
	program.kill("SIGTERM");
	await program.ending();

	renameSync(page, `${page}-away`);
	const without = start(command, args, { cwd: installed, env });
	expect(await without.ending()).toEqual({ code: 1, signal: null });
	expect(without.stderr).toMatch(
		/^secureconnect: the build of the chat page does not exist: .*npm run build.*\n$/,
	);
	const dev = start(command, ["dev", "--port", "0"], { cwd: installed });
	await dev.untilPrinted(/There is no chat page\. Run "npm run build"/);
	renameSync(`${page}-away`, page);
});

test("the installed packages can be imported, and their types are correct", async () => {
	writeFileSync(
		join(installed, "use.mts"),
		`import { CloseCode, type WireClientFrame, type WireRest, type WireServerFrame } from "@secureconnect/protocol";
import { openApi } from "@secureconnect/protocol/reference";
import { CHECKS } from "@secureconnect/conformance";
import { type RunningServer, type ServerOptions, StartupError, startServer } from "@secureconnect/server";
const start: (options: ServerOptions) => Promise<RunningServer> = startServer;
const code: 1001 = CloseCode.goingAway;
const sent: WireClientFrame = { type: "chat", content: "x", client_message_id: "y" };
const seqOf = (frame: WireServerFrame): number => frame.type === "chat" ? frame.seq : 0;
const count = (page: WireRest["messagePage"]): number => page.messages.length;
console.log(typeof start, code, new StartupError("why").message, sent.type, typeof seqOf, typeof count);
console.log(openApi("1").openapi, CHECKS.length > 100);
`,
	);
	await run(
		join(ROOT, "node_modules/.bin/tsc"),
		[
			...["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext"],
			...["--target", "es2024", "--types", "node"],
			...["--typeRoots", join(ROOT, "node_modules/@types"), "use.mts"],
		],
		installed,
	);
	expect(await run(process.execPath, ["use.mts"], installed)).toBe(
		"function 1001 why chat function function\n3.1.0 true\n",
	);
});

test(
	"the installed client's types are correct in a page without the types of Node, and on Node, libraries included",
	async () => {
		writeFileSync(
			join(installed, "page.mts"),
			`import { type ChatClient, ChatError, ChatWebSocket, type ConnectionState, type Conversation, createClient, type Message, type SentMessage } from "@secureconnect/client";
import { createRest } from "@secureconnect/client/rest";
const [lunch] = (await createRest({ url: "https://chat.example.com", token: () => "a token" }).conversations()).conversations;
const unread: number | undefined = lunch?.unread;
console.log(unread, lunch?.lastMessage?.senderId);
const client = createClient({ url: "https://chat.example.com", token: async () => "a token" });
const room = client.conversation("550e8400-e29b-41d4-a716-446655440000");
const off: () => void = room.on("message", ({ content, seq, clientMessageId }: Message) => {
	const all: [string, number, string | undefined] = [content, seq, clientMessageId];
	console.log(all);
});
room.on("state", (state: ConnectionState) => {
	if (state.name === "failed") console.log(state.error instanceof ChatError, state.error.code === "removed");
});
const sent: SentMessage = room.sendChat("Hello", { metadata: { a: 1 } });
const { seq }: { seq: number | undefined } = await sent.acknowledged;
class Mine extends ChatWebSocket {
	override onChat(message: { content: string; sender_id: string }): void { console.log(message.content, seq); }
}
new Mine(room.id, "a token", { protocol: "seed" }).close();
for await (const entry of room.history({ after: 0 })) if (entry.type === "chat") console.log(entry.content);
off();
interface Mood { readonly mood: string }
const typed = createClient<Mood>({ url: "https://chat.example.com", token: () => "a token" });
const { messages } = await typed.conversations.messages(room.id, { limit: 10 });
for (const entry of messages) if (entry.type === "chat") console.log(entry.metadata.mood.length, entry.createdAt + 1, typed.conversation(room.id).hasRead("", entry));
console.log((await room.participants.list())[0]?.role, sent.senderId, sent.createdAt + 1);
const kept: ReturnType<typeof createClient> = client;
const same: [ChatClient, Conversation] = [kept, kept.conversation(room.id)];
console.log(same);
// @ts-expect-error: the metadata has a mood
typed.conversation(room.id).send("Hello", { metadata: { a: 1 } });
// @ts-expect-error: no such event
room.on("mesage", () => {});
`,
		);
		writeFileSync(
			join(installed, "program.mts"),
			`import { createClient } from "@secureconnect/client";
import { fileOutbox } from "@secureconnect/client/file-outbox";
const outbox = fileOutbox("outbox.jsonl");
createClient({ url: "ws://127.0.0.1:8082", token: () => "a token", outbox }).close();
outbox.close();
`,
		);
		const check = (file: string, ...more: string[]): Promise<string> =>
			run(
				join(ROOT, "node_modules/.bin/tsc"),
				[
					...["--noEmit", "--strict", "--exactOptionalPropertyTypes"],
					...["--target", "es2022", ...more, file],
				],
				installed,
			);
		await check(
			"page.mts",
			...["--module", "esnext", "--moduleResolution", "bundler"],
			...["--lib", "es2023,dom,dom.asynciterable", "--types", ""],
			...["--skipLibCheck", "false"],
		);
		await check(
			"program.mts",
			...["--module", "nodenext", "--types", "node", "--skipLibCheck"],
			...["--typeRoots", join(ROOT, "node_modules/@types")],
		);
		expect(await run(process.execPath, ["program.mts"], installed)).toBe("");
	},
	3 * NPM_MS,
);

const IMPORTS = `import { createClient } from "@secureconnect/client";
import { createRest } from "@secureconnect/client/rest";
import type { WireServerFrame } from "@secureconnect/protocol";
`;
const AWAITED = `const { createClient } = await import("@secureconnect/client");
const { createRest } = await import("@secureconnect/client/rest");
const { CloseCode } = await import("@secureconnect/protocol");
`;
/** Program with one error, a number for a string. If the types were missing, they would be `any`, without an error. */
const USE = `createRest({ url: "http://x", token: () => "" });
createClient({ url: 5, token: () => "" });
`;
const IN_COMMONJS = `export async function use() {\n${AWAITED}${USE}}\n`;

test.for<
	[
		version: string,
		file: string,
		code: string,
		module: string,
		resolution: string,
	]
>([
	[OLDEST, "old.ts", IMPORTS + USE, "esnext", "bundler"],
	[OLDEST, "old.mts", IMPORTS + USE, "node16", "node16"],
	[OLDEST, "next.mts", IMPORTS + USE, "nodenext", "nodenext"],
	[OLDEST, "old.cts", IN_COMMONJS, "node16", "node16"],
	[WITH_REQUIRE, "require.cts", IMPORTS + USE, "nodenext", "nodenext"],
])(
	"TypeScript %s finds the installed packages' types in %s, with these settings",
	{ timeout: NPM_MS },
	async ([version, file, code, module, resolution]) => {
		writeFileSync(join(installed, file), code);
		const program = start(
			process.execPath,
			[
				join(
					directory,
					"compilers/node_modules",
					`typescript-${version}`,
					"lib/tsc.js",
				),
				...["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022"],
				...["--lib", "es2023,dom", "--types", "node"],
				...["--typeRoots", join(ROOT, "node_modules/@types")],
				...["--module", module, "--moduleResolution", resolution, file],
			],
			{ cwd: installed },
		);
		await program.ending(NPM_MS);
		expect(program.stdout.match(/error TS\d+/g)).toEqual(["error TS2322"]);
	},
);
