import { join } from "node:path";
import type { Program } from "./supervisor.ts";

export const ROOT = join(import.meta.dirname, "..");
export const PACKAGES = join(ROOT, "packages");

/** The server that ships; `npm run build` makes it. */
export const BUILD: Program = {
	name: "secureconnect",
	nodeArgs: [join(PACKAGES, "cli/bin/secureconnect.js")],
};
