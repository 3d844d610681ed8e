import { inTab } from "./kept.ts";

/** Keys of a user's drafts begin like this. The next account in this tab has another prefix. */
function prefix(userId: string): string {
	return `secureconnect-draft ${userId} `;
}

/** Returns what the user began to write in a conversation and did not send. */
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

/** Forgets all drafts of a user: at sign-out nothing of them stays in the tab. */
export function forgetDrafts(userId: string): void {
	inTab.removeAll(prefix(userId));
}
