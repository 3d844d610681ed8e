import { describe, expect, it } from "vitest";
import { GENERATED } from "./generated.ts";
import { EXCLUDED, proseFindings } from "./prose.ts";

const LONG = "word ".repeat(30);

describe("the prose check", () => {
	it.each([
		["a.md", "To say how far oneself has read"],
		["a.md", "It shows what becomes of a message."],
		["a.md", "Who is not a participant gets 403."],
		["a.md", "A sentence. Who has left gets 404."],
		["a.md", "- Who was removed gets 404."],
		["a.md", "The list of participants is another."],
		["a.md", "Somebody new joined."],
		["a.md", LONG],
		["a.ts", "\t// Who is not a participant gets 403."],
		["a.tsx", "\t * The list is another."],
		["a.ts", `// ${LONG}`],
	])("reports in %s: %s", (file, text) => {
		expect(proseFindings(file, text)).toMatchObject([{ line: 1 }]);
	});

	it.each([
		["a.md", "A user who is not a participant gets 403."],
		["a.md", "Who is online? The server knows."],
		["a.md", "This is another reason."],
		["CONTRIBUTING.md", "| A participant joined. | Somebody new |"],
		["a.md", "Do not write `oneself` or `is another`."],
		["a.md", `| ${LONG} |`],
		["a.md", `[the specification](spec/README.md) ${LONG}`],
		["a.md", `\`\`\`\n${LONG}oneself\n\`\`\``],
		["a.ts", 'const text = "Who is not a participant";'],
		["a.ts", `const text = \`${LONG}\`;`],
	])("accepts in %s: %s", (file, text) => {
		expect(proseFindings(file, text)).toEqual([]);
	});

	it("reports the line of a finding after a code fence", () => {
		expect(proseFindings("a.md", "```\n```\n\nto oneself\n")).toEqual([
			{ line: 4, what: "oneself" },
		]);
	});

	it("excludes every generated text file", () => {
		const text = Object.keys(GENERATED).filter((file) =>
			/\.(?:md|tsx?)$/.test(file),
		);
		expect([...EXCLUDED]).toEqual(text);
	});
});
