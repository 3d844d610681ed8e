import {
	cpSync,
	existsSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { PACKAGES, ROOT } from "../programs.ts";
import type { Program } from "../supervisor.ts";
import { apply, type Mutant } from "./mutants.ts";

/**
 * Copies the packages into an empty directory and plants a defect.
 * @throws {Error} if the source code no longer contains the texts that the mutant replaces
 */
export function plant(mutant: Mutant, directory: string): Program {
	const modules = join(ROOT, "node_modules");
	const ours = "@secureconnect";
	mkdirSync(join(directory, "node_modules", ours), { recursive: true });
	for (const name of readdirSync(modules))
		if (name !== ours && !name.startsWith("."))
			symlinkSync(join(modules, name), join(directory, "node_modules", name));
	for (const name of readdirSync(PACKAGES)) {
		const [from, to] = [
			join(PACKAGES, name),
			join(directory, "packages", name),
		];
		mkdirSync(to, { recursive: true });
		cpSync(join(from, "package.json"), join(to, "package.json"));
		cpSync(join(from, "src"), join(to, "src"), { recursive: true });
		if (existsSync(join(from, "node_modules")))
			symlinkSync(join(from, "node_modules"), join(to, "node_modules"));
		if (existsSync(join(modules, ours, name)))
			symlinkSync(to, join(directory, "node_modules", ours, name));
	}
	for (const edit of mutant.edits) {
		const file = join(directory, "packages", edit.file);
		writeFileSync(file, apply(edit, readFileSync(file, "utf8")));
	}
	return {
		name: mutant.name,
		nodeArgs: [
			"--conditions=source",
			join(directory, "packages/cli/src/main.ts"),
		],
	};
}
