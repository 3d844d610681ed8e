import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";

const DIRECTORY = join(import.meta.dirname, "../../docs/pictures");
const MOST_BYTES = 200_000;

/** Into the documents, as `<name>.png`. */
export async function save(of: Page | Locator, name: string): Promise<void> {
	mkdirSync(DIRECTORY, { recursive: true });
	const path = join(DIRECTORY, `${name}.png`);
	await of.screenshot({ path, animations: "disabled", caret: "hide" });
	const { size } = statSync(path);
	if (size > MOST_BYTES) throw new Error(`${name}.png has ${size} bytes`);
}
