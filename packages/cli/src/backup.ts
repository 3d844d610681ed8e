import { existsSync } from "node:fs";
import { backUp, restore as putBack } from "@secureconnect/server/data";
import { Progress } from "./progress.ts";
import { secretFile } from "./secret-file.ts";
import { resolveSettings } from "./settings.ts";

export interface DataFlags {
	readonly data?: string;
}

type CopyResult = Awaited<ReturnType<typeof backUp>>;

/** Runs `secureconnect backup`: copies the log of a data directory, which a server may be using, to a new directory. */
export async function backup(target: string, flags: DataFlags): Promise<void> {
	const { data } = resolveSettings("serve", { data: flags.data }, process.env);
	const copied = await interruptible("backup", (onProgress, signal) =>
		backUp(data, target, onProgress, signal),
	);
	console.log(`backed up ${inWords(copied)} to ${target}`);
	if (existsSync(secretFile(data)))
		console.error(
			`secureconnect: the secret in ${secretFile(data)} is not in the backup; "secureconnect dev" generates a new one after a restore`,
		);
}

/** Runs `secureconnect restore`: copies a backup to a data directory that is empty or does not exist. */
export async function restore(source: string, flags: DataFlags): Promise<void> {
	const { data } = resolveSettings("serve", { data: flags.data }, process.env);
	const copied = await interruptible("restore", (onProgress, signal) =>
		putBack(source, data, onProgress, signal),
	);
	console.log(`restored ${inWords(copied)} to ${data}`);
}

/** Runs a copy. On a signal it stops the copy, which then removes what it has written. */
async function interruptible(
	command: string,
	run: (
		onProgress: Progress["show"],
		signal: AbortSignal,
	) => Promise<CopyResult>,
): Promise<CopyResult> {
	const progress = new Progress(command);
	const interrupted = new AbortController();
	const stop = (): void => {
		interrupted.abort();
		progress.clear();
		console.error(
			`secureconnect: ${command} interrupted: it removed everything that it had written`,
		);
		process.exit(1);
	};
	process.on("SIGINT", stop);
	process.on("SIGTERM", stop);
	try {
		return await run(progress.show, interrupted.signal);
	} finally {
		process.off("SIGINT", stop);
		process.off("SIGTERM", stop);
		progress.clear();
	}
}

function inWords({ entries, conversations, bytes }: CopyResult): string {
	const count = (n: number, one: string, many: string): string =>
		`${n.toLocaleString("en")} ${n === 1 ? one : many}`;
	return `${count(entries, "entry", "entries")} of ${count(conversations, "conversation", "conversations")} (${(bytes / 1024 ** 2).toFixed(1)} MiB)`;
}
