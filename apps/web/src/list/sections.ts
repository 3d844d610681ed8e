import type { ConversationSummary } from "@secureconnect/client";
import { isMuted } from "./mute.ts";

/** Conversations of the list by section, each most recently active first. */
export interface Sections {
	readonly favourites: readonly ConversationSummary[];
	readonly others: readonly ConversationSummary[];
	readonly archived: readonly ConversationSummary[];
}

/** Divides the list. An archived favourite is in the archive, and a favourite again after that. */
export function sectionsOf(
	conversations: readonly ConversationSummary[],
): Sections {
	const favourites: ConversationSummary[] = [];
	const others: ConversationSummary[] = [];
	const archived: ConversationSummary[] = [];
	for (const it of conversations)
		(it.archived ? archived : it.favourite ? favourites : others).push(it);
	return { favourites, others, archived };
}

/** Returns the number of unread messages that the page counts: not those in muted or archived conversations. */
export function countedUnread(
	conversations: readonly ConversationSummary[],
	openId: string | undefined,
	now = Date.now(),
): number {
	return conversations.reduce(
		(sum, it) =>
			it.conversationId === openId || it.archived || isMuted(it, now)
				? sum
				: sum + it.unread,
		0,
	);
}
