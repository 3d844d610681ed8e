import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SETTINGS_PAGE, settingsPage } from "./settings-table.ts";

test("docs/settings.md is what the table of settings says (npm run docs)", () => {
	expect(readFileSync(SETTINGS_PAGE, "utf8")).toBe(settingsPage());
});
