import { inTab } from "./kept.ts";

/** A message that the server refused: its text is the user's until they send it again or discard it. */
export interface RefusedMessage {
	/** The `client_message_id` with which it was sent. */
	readonly id: string;
	readonly content: string;
	/** Milliseconds since 1970. */
	readonly at: number;
	/** Reason of the refusal. */
	readonly error: string;
}

/** Maximum number of refused messages kept per conversation. Newer ones replace the oldest. */
const MOST = 100;

function prefix(userId: string): string {
	return `secureconnect-refused ${userId} `;
}

/** Returns the refused messages of a user in a conversation, oldest first. */
export function refusedOf(
	userId: string,
	conversationId: string,
): readonly RefusedMessage[] {
	const text = inTab.get(prefix(userId) + conversationId);
	if (text === null) return [];
	try {
		return JSON.parse(text) as RefusedMessage[];
	} catch {
		// The stored text was damaged by hand. Without this, the page would fail at every reload.
		return [];
	}
}

export function keepRefused(
	userId: string,
	conversationId: string,
	refused: readonly RefusedMessage[],
): void {
	const key = prefix(userId) + conversationId;
	if (refused.length === 0) inTab.remove(key);
	else inTab.set(key, JSON.stringify(refused.slice(-MOST)));
}

/** Removes the refused messages of a user in all conversations. */
export function forgetRefused(userId: string): void {
	inTab.removeAll(prefix(userId));
}
