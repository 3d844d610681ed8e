import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Locator, Page } from "playwright-core";

const DIRECTORY = join(import.meta.dirname, "../../docs/pictures");
const MOST_BYTES = 200_000;

/** Saves a screenshot as `docs/pictures/<name>.png`. @throws if it is larger than {@link MOST_BYTES} */
export async function save(of: Page | Locator, name: string): Promise<void> {
	mkdirSync(DIRECTORY, { recursive: true });
	const path = join(DIRECTORY, `${name}.png`);
	await of.screenshot({ path, animations: "disabled", caret: "hide" });
	const { size } = statSync(path);
	if (size > MOST_BYTES) throw new Error(`${name}.png has ${size} bytes`);
}
