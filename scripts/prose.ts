/** Reports phrases that CONTRIBUTING.md advises against and lines over 120 characters, as `file:line`. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const LIMIT = 120;
/** Generated text files. This script runs before the build, so it cannot import the list of generated.ts. */
export const EXCLUDED: readonly string[] = [
	"docs/api.md",
	"docs/client-connection.md",
	"docs/settings.md",
	"packages/client/src/amendment-shapes.ts",
	"packages/client/src/frame-shapes.ts",
	"packages/client/src/inbox/inbox-shapes.ts",
	"packages/client/src/timeline/entry-folds.ts",
	"packages/conformance/src/rules.ts",
	"spec/examples/README.md",
];
const PATTERNS: readonly [name: string, pattern: RegExp][] = [
	["oneself", /\boneself\b/i],
	["what becomes of", /\bwhat becomes of\b/i],
	["a sentence with Who as subject", /(?:^|[.:!?] )Who (?:is|was|has)\b.*/],
	["is another", /\bis another(?=[.,;:!]|$)/i],
	["Somebody new", /\bSomebody new\b/i],
];

export interface Finding {
	readonly line: number;
	readonly what: string;
}

/** Finds the patterns in the text of a Markdown, .ts or .tsx file. Checks only comments in source files. */
export function proseFindings(file: string, text: string): Finding[] {
	const findings: Finding[] = [];
	const markdown = file.endsWith(".md");
	let fenced = false;
	for (const [index, raw] of text.split("\n").entries()) {
		if (markdown && /^\s*(?:```|~~~)/.test(raw)) fenced = !fenced;
		const line = fenced ? undefined : markdown ? raw : comment(raw);
		if (line === undefined) continue;
		// The style table in CONTRIBUTING.md quotes the phrases.
		if (file === "CONTRIBUTING.md" && line.startsWith("|")) continue;
		const report = (what: string) => findings.push({ line: index + 1, what });
		// Quoted and code text can name a phrase without using it; a question may begin with Who.
		const prose = line
			.replace(/`[^`]*`|"[^"]*"/g, "x")
			.replace(/^[\s>*#/|-]+/, "");
		for (const [name, pattern] of PATTERNS) {
			const found = pattern.exec(prose)?.[0];
			if (found !== undefined && !/^[^.]*\?/.test(found)) report(name);
		}
		const exempt = /^\s*\||\]\(|https?:\/\/|^\s*<|^\[[^\]]+\]:/.test(raw);
		if (raw.length > LIMIT && !exempt)
			report(`${raw.length} characters, at most ${LIMIT}`);
	}
	return findings;
}

/** Returns the comment of a source line that begins with one, and undefined for code. */
function comment(line: string): string | undefined {
	return /^\s*(?:\/\/|\/\*|\*(?=[ /]|$))/.test(line) ? line : undefined;
}

function checked(file: string): boolean {
	// Changesets become changelogs, where a paragraph is one line.
	if (
		file.startsWith(".changeset/") ||
		file.endsWith("CHANGELOG.md") ||
		EXCLUDED.includes(file)
	)
		return false;
	// Measuring programs write these.
	if (/\/(?:CHAOS|RESULTS|SCORE)\.md$/.test(file)) return false;
	return !file.includes("/fixtures/") && existsSync(join(ROOT, file));
}

if (import.meta.main) {
	const files = execFileSync("git", ["ls-files", "*.md", "*.ts", "*.tsx"], {
		cwd: ROOT,
		encoding: "utf8",
	});
	for (const file of files.trim().split("\n").filter(checked))
		for (const { line, what } of proseFindings(
			file,
			readFileSync(join(ROOT, file), "utf8"),
		)) {
			console.error(`${file}:${line}: ${what}`);
			process.exitCode = 1;
		}
}
