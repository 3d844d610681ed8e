import { readFileSync } from "node:fs";

/** Of this package, as it was published. */
export const { version } = JSON.parse(
	readFileSync(new URL("../package.json", import.meta.url), "utf8"),
) as { version: string };
