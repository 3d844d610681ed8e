import type { LogEntry, PageMark } from "./entries.ts";
import { ENTRY_FOLDS, type Marks } from "./entry-folds.ts";
import type { Slot } from "./slot.ts";

const MOST_USERS = 10;

/** Returns the marks of a message: those of its page, then the later entries, then this user's commands. */
export function foldMarks(
	{ base, asOf, marks }: Slot,
	commands: readonly LogEntry[],
	userId: string | undefined,
): Marks {
	const folded: Record<string, unknown> = {};
	const later = [...marks]
		.filter(([seq]) => seq > asOf)
		.sort(([a], [b]) => a - b)
		.map(([, entry]) => entry)
		.concat(commands);
	for (const [type, { as, name }] of ENTRY_FOLDS) {
		if (!as) continue;
		const entries = later.filter((entry) => entry.type === type);
		folded[as] = name
			? foldUsers(name, base?.[as] as PageMark[] | undefined, entries, userId)
			: (entries.at(-1)?.on ?? base?.[as] ?? false);
	}
	return folded as unknown as Marks;
}

/** Returns each name with the users who set its mark, in order of the names. */
function foldUsers(
	name: string,
	before: readonly PageMark[] = [],
	entries: readonly LogEntry[],
	own: string | undefined,
): readonly PageMark[] {
	const groups = new Map(
		before.map(({ [name]: mark, count, me, userIds }) => [
			mark,
			{ count, me, users: new Set(userIds) },
		]),
	);
	for (const { [name]: mark, on, seq, senderId = own } of entries) {
		const group = groups.get(mark) ?? { count: 0, me: false, users: new Set() };
		// The server empties the names of marks on a message that was deleted. A command may change nothing.
		if (!mark || !senderId || (!seq && group.me === on)) continue;
		groups.set(mark, group);
		const { users } = group;
		const isOwn = senderId === own;
		const isKnown = users.delete(senderId);
		// A page names only the first users. Only a user who had set the mark can clear it.
		const wasOn = isOwn
			? group.me
			: isKnown || (!on && group.count > users.size);
		if (on !== wasOn) group.count += on ? 1 : -1;
		if (on) users.add(senderId);
		if (isOwn) group.me = on as boolean;
	}
	return [...groups]
		.filter(([, { count }]) => count)
		.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1))
		.map(([mark, { count, me, users }]) => ({
			[name]: mark,
			count,
			me,
			userIds: [...users].slice(0, MOST_USERS),
		}));
}
