import { inTab } from "./kept.ts";

/** Message that the server refused. The page keeps its text until the user sends it again or discards it. */
export interface Refused {
	/** The `client_message_id` of the message. */
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
): readonly Refused[] {
	const text = inTab.get(prefix(userId) + conversationId);
	if (text === null) return [];
	try {
		return JSON.parse(text) as Refused[];
	} catch {
		// The stored text was damaged by hand. Without this, the page would fail at every reload.
		return [];
	}
}

export function keepRefused(
	userId: string,
	conversationId: string,
	refused: readonly Refused[],
): void {
	const key = prefix(userId) + conversationId;
	if (refused.length === 0) inTab.remove(key);
	else inTab.set(key, JSON.stringify(refused.slice(-MOST)));
}

/** Removes the refused messages of a user in all conversations. */
export function forgetRefused(userId: string): void {
	inTab.removeAll(prefix(userId));
}
