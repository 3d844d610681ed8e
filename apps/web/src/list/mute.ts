import type { ConversationSummary } from "@secureconnect/client";
import { useEffect, useState } from "react";

/** Longest delay of a timer in browsers, in milliseconds. A longer one fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** Returns whether a conversation is muted. @param now milliseconds since 1970 */
export function isMuted(
	{ mutedUntil }: Pick<ConversationSummary, "mutedUntil">,
	now = Date.now(),
): boolean {
	return (mutedUntil ?? 0) > now;
}

/** Renders the calling component again when a conversation is no longer muted. */
export function useMutes(conversations: readonly ConversationSummary[]): void {
	const [count, setCount] = useState(0);
	useEffect(() => {
		const now = Date.now();
		const ends = conversations
			.map(({ mutedUntil }) => mutedUntil ?? 0)
			.filter((until) => until > now);
		if (ends.length === 0) return;
		const timer = setTimeout(
			() => setCount(count + 1),
			Math.min(Math.min(...ends) - now, LONGEST_MS),
		);
		return () => clearTimeout(timer);
	}, [conversations, count]);
}
