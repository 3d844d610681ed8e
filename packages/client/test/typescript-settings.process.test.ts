/** TypeScript settings with which an application finds the build's types, as the guide says. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";

const TSC = join(
	dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
	"lib/tsc.js",
);
const IMPORTS = `import { createClient } from "@secureconnect/client";
import { createRest } from "@secureconnect/client/rest";
import { fileOutbox } from "@secureconnect/client/file-outbox";
`;
/** Correct lines, and lines that only types show to be wrong. */
const USE = `fileOutbox("file");
createRest({ url: "http://x", token: () => "" });
createClient({ url: "http://x", token: () => "" });
createClient({ url: 5, token: () => "" });
`;
const AWAITED = `export async function use() {
	const { createClient } = await import("@secureconnect/client");
	const { createRest } = await import("@secureconnect/client/rest");
	const { fileOutbox } = await import("@secureconnect/client/file-outbox");
	${USE}}
`;

/** Returns the error codes of TypeScript for a file of this name. */
async function errors(
	name: string,
	code: string,
	...options: string[]
): Promise<string[]> {
	// A place where the packages resolve and no other program looks for sources.
	const directory = mkdtempSync(
		join(import.meta.dirname, "../dist/typescript-"),
	);
	onTestFinished(() => rmSync(directory, { recursive: true }));
	const file = join(directory, name);
	writeFileSync(file, code);
	const { stdout } = await promisify(execFile)(process.execPath, [
		TSC,
		...[
			"--ignoreConfig",
			"--noEmit",
			"--strict",
			"--skipLibCheck",
			"--target",
			"es2022",
		],
		...["--lib", "es2023,dom", "--types", "node"],
		...options,
		file,
	]).catch((error: { stdout: string }) => error);
	return Array.from(
		stdout.matchAll(/error (TS\d+)/g),
		([, found = ""]) => found,
	);
}

test.each([
	[
		"a bundler",
		"app.ts",
		IMPORTS + USE,
		["--module", "esnext", "--moduleResolution", "bundler"],
	],
	["an ES module on Node", "app.mts", IMPORTS + USE, ["--module", "node16"]],
	["a nodenext ES module", "app.mts", IMPORTS + USE, ["--module", "nodenext"]],
	["import() in CommonJS", "app.cts", AWAITED, ["--module", "node16"]],
	[
		"require of an ES module",
		"app.cts",
		IMPORTS + USE,
		["--module", "nodenext"],
	],
] as const)("%s finds the types", async (_, name, code, options) => {
	// The types were found if "number" is rejected as a string: with missing types everything would be `any`.
	expect(await errors(name, code, ...options)).toEqual(["TS2322"]);
});
