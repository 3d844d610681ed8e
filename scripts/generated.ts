/** Lists every generated file with the function that returns its content. As a program, writes these files. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { conformanceRules } from "./conformance-rules.ts";
import { connectionPage } from "./connection-page.ts";
import { entryFolds } from "./entry-folds.ts";
import { examplesPage } from "./examples.ts";
import { amendmentShapes, frameShapes, inboxShapes } from "./frame-shapes.ts";
import { apiPage, asyncApiFile, openApiFile } from "./references.ts";
import { settingsPage } from "./settings-table.ts";

export const GENERATED: Readonly<Record<string, () => string>> = {
	"docs/api.md": apiPage,
	"docs/client-connection.md": connectionPage,
	"docs/reference/asyncapi.json": asyncApiFile,
	"docs/reference/openapi.json": openApiFile,
	"docs/settings.md": settingsPage,
	"packages/client/src/amendment-shapes.ts": amendmentShapes,
	"packages/client/src/frame-shapes.ts": frameShapes,
	"packages/client/src/inbox/inbox-shapes.ts": inboxShapes,
	"packages/client/src/timeline/entry-folds.ts": entryFolds,
	"packages/conformance/src/rules.ts": conformanceRules,
	"spec/examples/README.md": examplesPage,
};

if (import.meta.main)
	for (const [name, content] of Object.entries(GENERATED)) {
		const file = join(import.meta.dirname, "..", name);
		// Do not write files that are up to date: a build may run in a read-only directory, or twice in parallel.
		const text = content();
		if (!existsSync(file) || readFileSync(file, "utf8") !== text)
			writeFileSync(file, text);
	}
