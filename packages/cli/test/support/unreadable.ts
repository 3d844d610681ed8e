import type { Setting } from "../../src/settings.ts";

/** Returns a text that the setting's reader refuses. */
export function unreadable({ env, read }: Setting<unknown>): string {
	const value = [" ", "no such value", "a,b"].find((candidate) => {
		try {
			read(candidate);
			return false;
		} catch {
			return true;
		}
	});
	if (value === undefined) throw new Error(`${env} refuses nothing`);
	return value;
}
