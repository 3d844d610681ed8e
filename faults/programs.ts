import { join } from "node:path";
import type { Program } from "./supervisor.ts";

export const ROOT = join(import.meta.dirname, "..");
export const PACKAGES = join(ROOT, "packages");

/** The built server of this repository (`npm run build`). */
export const BUILD: Program = {
	name: "secureconnect",
	nodeArgs: [join(PACKAGES, "cli/bin/secureconnect.js")],
};
