import { inTab } from "./kept.ts";

/** Returns the beginning of the keys of a user's drafts. Each account in this tab has its own prefix. */
function prefix(userId: string): string {
	return `secureconnect-draft ${userId} `;
}

/** Returns the text that the user typed in a conversation and did not send. */
export function draftOf(userId: string, conversationId: string): string {
	return inTab.get(prefix(userId) + conversationId) ?? "";
}

export function keepDraft(
	userId: string,
	conversationId: string,
	text: string,
): void {
	const key = prefix(userId) + conversationId;
	if (text === "") inTab.remove(key);
	else inTab.set(key, text);
}

/** Removes all drafts of a user from the tab, at sign-out. */
export function forgetDrafts(userId: string): void {
	inTab.removeAll(prefix(userId));
}
