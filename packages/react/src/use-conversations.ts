import type { ChatRest } from "@secureconnect/client/rest";
import { useMemo } from "react";
import {
	ConversationListStore,
	type ConversationsState,
	NO_CONVERSATIONS,
} from "./conversation-list.ts";
import { useChat } from "./provider.ts";
import { Shared, useShared } from "./shared.ts";

const LISTS = new Shared(
	NO_CONVERSATIONS,
	(rest: ChatRest) => new ConversationListStore(rest),
);

/** State and functions that {@link useConversations} returns. */
export interface Conversations extends ConversationsState {
	/**
	 * Reloads the list at once, for example after a conversation was created. Never rejects: see `error`. The
	 * function is stable across renders.
	 */
	readonly refresh: () => Promise<void>;
	/** Lists 50 more conversations. Never rejects: see `error`. The function is stable across renders. */
	readonly loadMore: () => Promise<void>;
}

/**
 * Lists the user's conversations, most recently active first. Reloads when the window gets the focus, and every 15
 * s while it is visible. Components share one list.
 * @throws {Error} if the provider has no `rest`
 */
export function useConversations(): Conversations {
	const { rest } = useChat();
	if (!rest)
		throw new Error(
			"useConversations needs <ChatProvider rest={createRest(...)}>",
		);
	const state = useShared(LISTS, rest, "");
	const actions = useMemo(
		() => ({
			refresh: async () => LISTS.get(rest, "")?.refresh(),
			loadMore: async () => LISTS.get(rest, "")?.loadMore(),
		}),
		[rest],
	);
	return useMemo(() => ({ ...state, ...actions }), [state, actions]);
}
