import { expect, test } from "vitest";
import { GENERATED } from "./generated.ts";
import { read } from "./rules.ts";

test.each(Object.entries(GENERATED))(
	"%s is up to date (npm run docs)",
	(file, content) => {
		expect(read(file)).toBe(content());
	},
);
