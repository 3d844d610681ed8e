import type {
	ConversationDetails,
	ConversationSettings,
	ConversationSummary,
} from "@secureconnect/client";
import { type Role, roleOf } from "../people/rights.ts";
import { EditIcon, TrashIcon, UnreadIcon } from "../ui/icons.tsx";
import type { AfterMenu, MenuItem } from "../ui/menu.tsx";
import { briefly } from "../ui/time.ts";
import { LockIcon, MutedIcon } from "./icons.tsx";
import { ArchiveIcon, StarIcon } from "./menu-icons.tsx";
import { isMuted } from "./mute.ts";
import { muteTimes } from "./mute-times.ts";

/** What the menu shows of a conversation. */
export interface Shown extends ConversationSettings {
	readonly isDirect: boolean;
	readonly role: Role | undefined;
	readonly isClosed: boolean;
	readonly unread: number;
}

/** Takes the state from the list, or from the details of a conversation that the list does not contain. */
export function shownOf(
	row: ConversationSummary | undefined,
	details: ConversationDetails | undefined,
	me: string,
): Shown {
	const from = row ?? details;
	return {
		isDirect: from?.kind === "direct",
		role: row?.role ?? roleOf(details, me),
		isClosed: from?.closed === true,
		unread: row?.unread ?? 0,
		mutedUntil: from?.mutedUntil ?? null,
		archived: from?.archived === true,
		favourite: from?.favourite === true,
		markedUnread: from?.markedUnread === true,
	};
}

/** Actions that the menu starts. */
export interface Actions {
	readonly change: (settings: Partial<ConversationSettings>) => void;
	readonly markUnread: (after: AfterMenu) => void;
	readonly close: (closed: boolean) => void;
	readonly rename: (after: AfterMenu) => void;
	readonly remove: (after: AfterMenu) => void;
}

/** Returns the groups of the menu: the user's own settings, then what owners change for all participants. */
export function itemsOf(
	shown: Shown,
	actions: Actions,
	now = Date.now(),
): readonly (readonly MenuItem[])[] {
	const { change } = actions;
	const own: MenuItem[] = [];
	if (shown.markedUnread && shown.unread === 0)
		own.push({
			words: "Mark as read",
			Icon: UnreadIcon,
			onChoose: () => change({ markedUnread: false }),
		});
	else if (shown.unread === 0)
		own.push({
			words: "Mark as unread",
			Icon: UnreadIcon,
			onChoose: actions.markUnread,
		});
	if (!shown.archived)
		own.push({
			words: shown.favourite ? "Remove from favourites" : "Add to favourites",
			Icon: StarIcon,
			onChoose: () => change({ favourite: !shown.favourite }),
		});
	own.push(
		isMuted(shown, now)
			? {
					words: "Unmute",
					Icon: MutedIcon,
					...untilOf(shown.mutedUntil ?? 0, now),
					onChoose: () => change({ mutedUntil: null }),
				}
			: {
					words: "Mute",
					Icon: MutedIcon,
					items: muteTimes(now).map(([words, mutedUntil]) => ({
						words,
						onChoose: () => change({ mutedUntil }),
					})),
				},
		{
			words: shown.archived ? "Move out of the archive" : "Archive",
			Icon: ArchiveIcon,
			onChoose: () => change({ archived: !shown.archived }),
		},
	);
	if (shown.isDirect || shown.role !== "owner") return [own];
	return [
		own,
		[
			{ words: "Rename…", Icon: EditIcon, onChoose: actions.rename },
			{
				words: shown.isClosed ? "Reopen conversation" : "Close conversation",
				Icon: LockIcon,
				onChoose: () => actions.close(!shown.isClosed),
			},
			{
				words: "Delete…",
				Icon: TrashIcon,
				isBad: true,
				onChoose: actions.remove,
			},
		],
	];
}

/** A conversation that is muted for longer than this is muted for ever, in milliseconds. */
const EVER_MS = 10 * 365 * 86_400_000;

function untilOf(until: number, now: number): { readonly note?: string } {
	return until - now > EVER_MS ? {} : { note: `until ${briefly(until, now)}` };
}
