import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useChat } from "./provider.ts";

/**
 * Totals of the user's conversations; `status` tells the states apart. `stale`: the totals as they were before the
 * connection was lost. `unavailable`: the server does not report them.
 */
export type InboxTotals =
	| { readonly status: "loading" | "unavailable" }
	| {
			readonly status: "live" | "stale";
			/** Unread messages of all conversations, without archived ones and those that are muted now. */
			readonly totalUnread: number;
			/** Messages among them that mention the user. */
			readonly totalMentions: number;
	  };

/** Returns the totals over all of the user's conversations, live. The object stays the same until a total changes. */
export function useInbox(): InboxTotals {
	const { inbox } = useChat().client;
	const subscribe = useCallback(
		(listener: () => void) => inbox.on("change", listener),
		[inbox],
	);
	const state = useSyncExternalStore(
		subscribe,
		() => inbox.state,
		() => inbox.state,
	);
	const status = state.name;
	const { totalUnread = 0, totalMentions = 0 } =
		"totalUnread" in state ? state : {};
	return useMemo(
		() =>
			status === "live" || status === "stale"
				? { status, totalUnread, totalMentions }
				: { status },
		[status, totalUnread, totalMentions],
	);
}
