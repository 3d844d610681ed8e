/** Checks the structure of the repository: the direction of imports, and the file names in its documents. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "..");

/** Packages that each package may import besides itself. */
const PACKAGES: Record<string, readonly string[]> = {
	protocol: [],
	server: [
		"@secureconnect/protocol",
		"@secureconnect/protocol/entries",
		"@secureconnect/protocol/limits",
	],
	client: ["@secureconnect/protocol", "@secureconnect/protocol/wire"],
	react: [
		"@secureconnect/client",
		"@secureconnect/client/rest",
		"@secureconnect/client/timeline",
	],
	conformance: ["@secureconnect/protocol"],
	cli: [
		"@secureconnect/client",
		"@secureconnect/client/timeline",
		"@secureconnect/conformance",
		"@secureconnect/protocol",
		"@secureconnect/protocol/entries",
		"@secureconnect/protocol/reference",
		"@secureconnect/protocol/wire",
		"@secureconnect/server",
		"@secureconnect/server/data",
		"@secureconnect/server/startup-error",
	],
};

/** Packages that each application may import. */
const APPS: Record<string, readonly string[]> = {
	web: [
		"@secureconnect/client",
		"@secureconnect/client/rest",
		"@secureconnect/react",
	],
};

/**
 * Which folders of the server a folder may import; "contracts" are the interfaces of log and bus, which the domain
 * speaks to and adapters implement. Files at the top (compose, listen) know everything and are imported by nobody,
 * except for those that a folder names here.
 */
const SERVER_FOLDERS: Record<string, readonly string[]> = {
	fair: ["fair"],
	chat: ["chat", "contracts", "fair", "log/group-commit.ts"],
	log: ["log", "contracts", "fair", "startup-error.ts", "contract-test.ts"],
	bus: ["bus", "contracts", "contract-test.ts"],
	auth: ["auth", "chat", "http-refusal.ts", "startup-error.ts"],
	gateway: ["gateway", "chat", "auth", "contracts", "fair", "http-refusal.ts"],
	http: [
		"http",
		"gateway",
		"chat",
		"auth",
		"contracts",
		"fair",
		"http-refusal.ts",
	],
	ops: [
		"ops",
		"gateway",
		"http",
		"http-refusal.ts",
		"chat",
		"log/group-commit.ts",
		"log/health.ts",
	],
};

/** The only modules that the domain may import: no sockets, files, databases, HTTP or libraries. */
const DOMAIN_MODULES = ["@secureconnect/protocol", "node:crypto"];

interface Import {
	readonly file: string;
	readonly specifier: string;
}

function importsOf(pattern: string): Import[] {
	return globSync(pattern, { cwd: root }).flatMap((file) =>
		[
			...readFileSync(join(root, file), "utf8").matchAll(
				/(?:^|\n)(?:import|export)\s[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)|(?:^|\n)import\s+"([^"]+)"/g,
			),
		].map(([, from, dynamic, bare]) => ({
			file,
			specifier: from ?? dynamic ?? bare ?? "",
		})),
	);
}

function offending(
	imports: readonly Import[],
	allowed: (found: Import) => boolean,
): string[] {
	return imports
		.filter((found) => !allowed(found))
		.map(({ file, specifier }) => `${file} imports ${specifier}`);
}

test.each([
	["packages", PACKAGES],
	["apps", APPS],
])("%s import only lower layers", (folder, all) => {
	expect(Object.keys(all).sort()).toEqual(
		globSync(`${folder}/*`, { cwd: root })
			.map((path) => path.split(sep)[1])
			.sort(),
	);
	for (const [name, below] of Object.entries(all)) {
		const imports = importsOf(`${folder}/${name}/src/**/*.{ts,tsx}`).filter(
			({ specifier }) =>
				specifier.startsWith("@secureconnect/") ||
				specifier.includes("packages/"),
		);
		expect(
			offending(imports, ({ specifier }) => below.includes(specifier)),
		).toEqual([]);
	}
});

test("the faults share no code with the server under test, and their oracle imports only the journal", () => {
	const imports = importsOf("faults/**/*.ts");
	expect(imports.length).toBeGreaterThan(50);
	expect(
		offending(
			imports,
			({ specifier }) =>
				specifier === "@secureconnect/client" ||
				!/packages\/|@secureconnect/.test(specifier),
		),
	).toEqual([]);
	expect(
		offending(
			importsOf("faults/oracle/*.ts"),
			({ specifier }) =>
				specifier.startsWith("./") || specifier === "../load/journal.ts",
		),
	).toEqual([]);
});

test("the abuse program shares no code with the server under test", () => {
	const imports = importsOf("abuse/**/*.ts");
	expect(imports.length).toBeGreaterThan(50);
	expect(
		offending(
			imports,
			({ specifier }) => !/packages\/|@secureconnect/.test(specifier),
		),
	).toEqual([]);
});

test("the protocol package does no I/O", () => {
	const imports = importsOf("packages/protocol/src/**/*.ts");
	expect(imports.length).toBeGreaterThan(10);
	expect(
		offending(imports, ({ specifier }) => /^(\.|typebox)/.test(specifier)),
	).toEqual([]);
});

test("folders of the server import along the data path", () => {
	const src = "packages/server/src";
	for (const [folder, allowed] of Object.entries(SERVER_FOLDERS)) {
		const imports = importsOf(`${src}/${folder}/**/*.ts`).filter(
			({ specifier }) => specifier.startsWith("."),
		);
		expect(imports.length).toBeGreaterThan(0);
		expect(
			offending(imports, ({ file, specifier }) => {
				const target = relative(src, join(dirname(file), specifier)).replaceAll(
					sep,
					"/",
				);
				const isContract = /^(log|bus)\/contract\.ts$/.test(target);
				return (
					(isContract && allowed.includes("contracts")) ||
					allowed.includes(target) ||
					allowed.includes(target.split("/")[0] ?? "")
				);
			}),
		).toEqual([]);
	}
});

test("the log's writer loads no library, so that its thread starts quickly", () => {
	const src = "packages/server/src/log/sqlite";
	const files = new Set([`${src}/writer.ts`]);
	const libraries: string[] = [];
	for (const file of files) {
		const text = readFileSync(join(root, file), "utf8");
		// A type-only import loads nothing.
		for (const [, specifier = ""] of text.matchAll(
			/(?:^|\n)(?:import|export)\s(?!type\s)[^;]*?from\s+"([^"]+)"/g,
		)) {
			if (specifier.startsWith(".")) files.add(join(dirname(file), specifier));
			else if (!specifier.startsWith("node:"))
				libraries.push(`${file} imports ${specifier}`);
		}
	}
	expect(files.size).toBeGreaterThan(5);
	const own = /@secureconnect\/protocol\/(?:entries|limits)$/;
	expect(libraries.filter((found) => !own.test(found))).toEqual([]);
});

test("only the table of entry types names a type of amendment", () => {
	const table = "packages/protocol/src/entry-types.ts";
	const types = [
		...readFileSync(join(root, table), "utf8").matchAll(
			/^\t(\w+): \{\n(?:\t\t.*\n|\n)*?\t\tfold: (?!undefined)/gm,
		),
	].map(([, type]) => type);
	expect(types).toEqual(["edit", "delete", "reaction", "pin"]);
	const allowed = [
		table,
		// Methods that write one type each; none reads a type.
		"packages/client/src/conversation.ts",
		"packages/protocol/src/reference/examples.ts",
		// Generated from the schemas and the specification.
		"packages/client/src/frame-shapes.ts",
		"packages/client/src/amendment-shapes.ts",
		"packages/client/src/timeline/entry-folds.ts",
		"packages/conformance/src/rules.ts",
	];
	const found = globSync("packages/*/src/**/*.{ts,tsx}", { cwd: root })
		.map((file) => file.replaceAll(sep, "/"))
		// Contract suites and the checks of the conformance suite are tests.
		.filter(
			(file) =>
				!allowed.includes(file) &&
				!/contract-suite|conformance\/src\/checks/.test(file),
		)
		.flatMap((file) =>
			branchesOn(types, readFileSync(join(root, file), "utf8")).map(
				(line) => `${file}: ${line}`,
			),
		);
	expect(found).toEqual([]);
});

test("a branch on a type of amendment is found, and nothing else", () => {
	const types = ["edit", "delete"];
	for (const line of [
		'if (frame.type === "edit") apply();',
		'case "delete":',
		'const TYPES = ["chat", "edit"];',
		'send({ type: "edit" });',
		"type: 'delete',",
		"folds[type] ?? ENTRY_TYPES.edit",
	])
		expect(branchesOn(types, line), line).toEqual([line]);
	for (const line of [
		'readonly method: "patch" | "put" | "delete";',
		'app.delete("/blocks/:userId", run);',
		'map.delete("edit-1");',
		'db.prepare("DELETE FROM marks");',
		'/** Sends `"edit"`. */',
		'// An "edit" has no content.',
	])
		expect(branchesOn(types, line), line).toEqual([]);
});

/** Returns the lines of a source text that name one of these types of entries as a value or look it up by its name. */
function branchesOn(
	types: readonly (string | undefined)[],
	text: string,
): string[] {
	const name = new RegExp(
		`["'\`](?:${types.join("|")})["'\`]|(?:TYPES|Frames|COMMANDS|FRAMES)\\.(?:${types.join("|")})\\b`,
	);
	return text
		.split("\n")
		.map((line) => line.trim())
		.filter(
			(line) =>
				name.test(line) &&
				!/^(?:\/\/|\/?\*)/.test(line) &&
				// "delete" is also a method of HTTP.
				!/\bmethod\b/.test(line),
		);
}

test("the domain knows no socket, no SQL and no library", () => {
	const imports = importsOf("packages/server/src/chat/**/*.ts").filter(
		({ specifier }) => !specifier.startsWith("."),
	);
	expect(
		offending(imports, ({ specifier }) => DOMAIN_MODULES.includes(specifier)),
	).toEqual([]);
});

test("ARCHITECTURE.md names the files of the data path in order", () => {
	const text = readFileSync(join(root, "ARCHITECTURE.md"), "utf8");
	const steps = [...text.matchAll(/^\d+\. \[`([^`]+)`\]\(([^)]+)\)/gm)];
	expect(steps.length).toBeGreaterThanOrEqual(7);
	for (const [, name, target = ""] of steps) {
		expect(target.endsWith(name ?? "?")).toBe(true);
		expect(existsSync(join(root, target)), target).toBe(true);
	}
});

test("CONTRIBUTING.md has a line for every npm script", () => {
	const text = readFileSync(join(root, "CONTRIBUTING.md"), "utf8");
	const { scripts } = JSON.parse(
		readFileSync(join(root, "package.json"), "utf8"),
	) as { scripts: Record<string, string> };
	const missing = Object.keys(scripts).filter(
		(name) =>
			!text.includes(`| \`npm run ${name}\``) &&
			!text.includes(`| \`npm ${name}\``),
	);
	expect(missing).toEqual([]);
});
