import { expect, test } from "vitest";
import { GENERATED } from "./generated.ts";
import { read } from "./rules.ts";

test.each(Object.entries(GENERATED))(
	"%s is up to date (npm run docs)",
	(file, content) => {
		expect(read(file)).toBe(content());
	},
);

test("the build writes the generated files before it compiles", () => {
	const { scripts } = JSON.parse(read("package.json")) as {
		scripts: Record<string, string>;
	};
	expect(scripts.build).toBe(
		"npm run docs --silent && tsc -b && node scripts/build-page.ts && node scripts/build-command.ts",
	);
	expect(scripts.docs).toBe("node --conditions=source scripts/generated.ts");
});
