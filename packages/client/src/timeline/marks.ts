import type { LogEntry, PageMark } from "./entries.ts";
import { ENTRY_FOLDS, type Marks } from "./entry-folds.ts";
import type { Slot } from "./slot.ts";

const MOST_USERS = 10;

interface Group {
	count: number;
	me: boolean;
	/** The users who are known, in the order in which they set the mark. */
	readonly users: Set<string>;
}

/** Returns the marks of a message: those of its page, then the later entries, then the user's own commands. */
export function foldMarks(
	{ base, marks, pending }: Slot,
	userId: string | undefined,
	isErased: boolean,
): Marks {
	return Object.fromEntries(
		Object.entries(ENTRY_FOLDS).flatMap(([type, { as, name }]) => {
			if (as === undefined) return [];
			const entries: LogEntry[] = isErased
				? []
				: [...marks, ...pending].filter((entry) => entry.type === type);
			const before = isErased ? undefined : base?.[as];
			return [
				[
					as,
					name === undefined
						? (entries.at(-1)?.on ?? before ?? false)
						: foldUsers(
								name,
								before as readonly PageMark[] | undefined,
								entries,
								userId,
							),
				],
			];
		}),
	) as unknown as Marks;
}

/** Returns each name with the users who set its mark, in order of the names. */
function foldUsers(
	name: string,
	before: readonly PageMark[] = [],
	entries: readonly LogEntry[],
	own: string | undefined,
): readonly PageMark[] {
	const groups = new Map<string, Group>();
	for (const { [name]: mark, count, me, userIds } of before)
		groups.set(mark as string, { count, me, users: new Set(userIds) });
	for (const entry of entries) {
		const { [name]: mark, on = false, seq, senderId = own ?? "" } = entry;
		// The server empties the names of marks on a message that was deleted.
		if (typeof mark !== "string" || mark === "") continue;
		const group = groups.get(mark) ?? { count: 0, me: false, users: new Set() };
		const isOwn = senderId === own;
		// Without an entry of the log, a command may change nothing.
		if (seq === undefined && group.me === on) continue;
		groups.set(mark, group);
		const { users } = group;
		const isKnown = users.delete(senderId);
		// A page names only the first users. Only a user who had set the mark can clear it.
		const wasOn = isOwn
			? group.me
			: isKnown || (!on && group.count > users.size);
		group.count += Number(on) - Number(wasOn);
		if (on) users.add(senderId);
		if (isOwn) group.me = on;
	}
	return [...groups]
		.filter(([, { count }]) => count > 0)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([mark, { count, me, users }]) => ({
			[name]: mark,
			count,
			me,
			userIds: [...users].slice(0, MOST_USERS),
		}));
}
