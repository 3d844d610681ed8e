import type { Thread } from "./rows.ts";
import { isMessage, type Slot } from "./slot.ts";

const MOST_USERS = 5;

/** Returns what a thread amounts to: its page's figures, then later messages and deletions, then own messages. */
export function foldThread(
	{ base, asOf, replies, pending }: Slot,
	userId: string | undefined,
): Thread | undefined {
	const page = base?.thread;
	const newestFirst = [...replies].sort((a, b) => b.seq - a.seq);
	const alive = newestFirst.filter(({ erasedAt }) => erasedAt === undefined);
	const later = alive.filter(({ seq }) => seq > asOf);
	const counted = newestFirst.filter(
		({ seq, erasedAt = Number.POSITIVE_INFINITY }) =>
			seq <= asOf && erasedAt > asOf,
	);
	const written = pending.filter(({ type }) => isMessage(type));
	const { count = 0, lastAt = "", userIds = [] } = page ?? {};
	// If every message of the thread is loaded, the page's users are not needed. They may have left the thread.
	const isComplete = counted.length >= count;
	const known = isComplete ? alive : later;
	const total =
		count +
		later.length -
		(counted.length - (alive.length - later.length)) +
		written.length;
	if (total <= 0) return undefined;
	return {
		count: total,
		lastAt:
			written.at(-1)?.createdAt ?? known[0]?.createdAt ?? Date.parse(lastAt),
		userIds: [
			...new Set([
				...(written.length > 0 && userId !== undefined ? [userId] : []),
				...known.map(({ origin }) => origin?.senderId ?? ""),
				...(isComplete ? [] : userIds),
			]),
		].slice(0, MOST_USERS),
	};
}
