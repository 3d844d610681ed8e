import { readFileSync } from "node:fs";

/** Version of this package. */
export const { version } = JSON.parse(
	readFileSync(new URL(import.meta.resolve("#package.json")), "utf8"),
) as { version: string };
