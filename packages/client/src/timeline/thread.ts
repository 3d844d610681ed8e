import type { LogEntry } from "./entries.ts";
import type { Thread } from "./rows.ts";
import { isMessage, type Slot } from "./slot.ts";

const MOST_USERS = 5;

/** Returns what the thread of a message amounts to, from its page, the loaded messages and this user's own ones. */
export function foldThread(
	{ base, asOf, replies }: Slot,
	commands: readonly LogEntry[],
	userId = "",
): Thread | undefined {
	const { count = 0, lastAt = "", userIds = [] } = base?.thread ?? {};
	const written = commands.filter(isMessage);
	const loaded = [...replies].sort((a, b) => (b.seq ?? 0) - (a.seq ?? 0));
	const alive = loaded.filter(({ erasedAt }) => erasedAt === undefined);
	const isLater = ({ seq = 0 }: Slot): boolean => seq > asOf;
	/** Messages of the page's figures that are not loaded. */
	const hidden =
		count -
		loaded.filter(
			(reply) => !isLater(reply) && (reply.erasedAt ?? asOf + 1) > asOf,
		).length;
	const known = hidden > 0 ? alive.filter(isLater) : alive;
	const total = alive.length + Math.max(hidden, 0) + written.length;
	if (total === 0) return undefined;
	return {
		count: total,
		lastAt:
			(written.at(-1) as { readonly createdAt?: number } | undefined)
				?.createdAt ??
			known[0]?.createdAt ??
			Date.parse(lastAt),
		userIds: [
			...new Set([
				...written.map(() => userId),
				...known.map(({ origin }) => origin?.senderId ?? ""),
				...(hidden > 0 ? userIds : []),
			]),
		].slice(0, MOST_USERS),
	};
}
