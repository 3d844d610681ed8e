import {
	verify as lookThrough,
	type Verification,
} from "@secureconnect/server/data";
import { StartupError } from "@secureconnect/server/startup-error";
import type { DataFlags } from "./backup.ts";
import { Progress } from "./progress.ts";
import { resolveSettings } from "./settings.ts";

export interface VerifyFlags extends DataFlags {
	readonly json?: boolean;
}

/** Runs `secureconnect verify`: checks a data directory or a backup for damage. Exit status 1 if it finds damage. */
export async function verify(
	given: string | undefined,
	flags: VerifyFlags,
): Promise<void> {
	const { data } = resolveSettings("serve", { data: flags.data }, process.env);
	if (given !== undefined && flags.data !== undefined)
		throw new StartupError("give a directory or --data, not both");
	const directory = given ?? data;
	const progress = new Progress("verify");
	let found: Verification;
	try {
		found = await lookThrough(directory, progress.show);
	} finally {
		progress.clear();
	}
	console.log(
		flags.json
			? JSON.stringify(forMachines(directory, found), null, 2)
			: forPeople(directory, found),
	);
	if (!found.whole) process.exitCode = 1;
}

function forPeople(
	directory: string,
	{ kind, whole, checks }: Verification,
): string {
	const lines = checks.flatMap(({ name, looked, unit, damage, more }) => [
		`  ${damage.length === 0 ? "ok     " : "DAMAGED"}  ${name}: ${looked.toLocaleString("en")} ${unit}`,
		...damage.map(
			({ conversationId, what }) =>
				`             ${conversationId === null ? "" : `conversation ${conversationId}: `}${what}`,
		),
		...(more > 0 ? [`             and ${more.toLocaleString("en")} more`] : []),
	]);
	return [
		`${directory} (${kind})`,
		...lines,
		whole
			? "Everything is as it should be."
			: "It is damaged: the lines above say where, docs/operating.md says what to do.",
	].join("\n");
}

function forMachines(
	directory: string,
	{ kind, whole, checks }: Verification,
): unknown {
	return {
		directory,
		kind,
		whole,
		checks: checks.map(({ damage, ...check }) => ({
			...check,
			damage: damage.map(({ conversationId, what }) => ({
				conversation_id: conversationId,
				what,
			})),
		})),
	};
}
