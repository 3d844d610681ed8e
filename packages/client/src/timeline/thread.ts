import type { LogEntry } from "./entries.ts";
import type { Thread } from "./rows.ts";
import { ERASED, isMessage, type Slot } from "./slot.ts";

const MOST_USERS = 5;

/** Returns what the thread of a message amounts to, from its page, the loaded messages and this user's own ones. */
export function foldThread(
	{ base, asOf, replies }: Slot,
	commands: readonly LogEntry[],
	userId: string | undefined,
): Thread | undefined {
	const { count = 0, lastAt, userIds = [] } = base?.thread ?? {};
	const written = commands.filter(isMessage);
	const alive: Slot[] = [];
	// Number of messages that the page counts and that are not loaded.
	let hidden = count;
	for (const reply of replies) {
		const isAlive = reply.version < ERASED;
		if (isAlive) alive.push(reply);
		if (reply.seq <= asOf && (isAlive || (reply.erasedAt as number) > asOf))
			hidden--;
	}
	// The page's users come after all later ones. If nothing is hidden, they are among the users of `alive`.
	const known = alive
		.sort((a, b) => b.seq - a.seq)
		.filter(({ seq }) => !hidden || seq > asOf);
	const total = alive.length + hidden + written.length;
	return total
		? {
				count: total,
				lastAt:
					written.at(-1)?.createdAt ??
					known[0]?.createdAt ??
					+new Date(lastAt as string),
				userIds: [
					...new Set([
						...written.map(() => userId as string),
						...known.map(({ origin }) => origin.senderId ?? ""),
						...(hidden ? userIds : []),
					]),
				].slice(0, MOST_USERS),
			}
		: undefined;
}
