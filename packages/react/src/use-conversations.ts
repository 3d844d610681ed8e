import type { ChatClient, Fields, Metadata } from "@secureconnect/client";
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
	({ conversations }: ChatClient | ChatRest) =>
		new ConversationListStore(
			typeof conversations === "function"
				? conversations
				: (page) => conversations.list(page),
		),
);

/** State and functions that {@link useConversations} returns. */
export interface Conversations<
	M extends object = Metadata,
	C extends object = Metadata,
> extends ConversationsState<M, C> {
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
 * `M` and `C` are the types of `createClient`.
 */
export function useConversations<
	M extends Fields<M> = Metadata,
	C extends Fields<C> = Metadata,
>(): Conversations<M, C> {
	const { client, rest } = useChat();
	const source = rest ?? client;
	const state = useShared(LISTS, source, "");
	const actions = useMemo(
		() => ({
			refresh: async () => LISTS.get(source, "")?.refresh(),
			loadMore: async () => LISTS.get(source, "")?.loadMore(),
		}),
		[source],
	);
	const list: Conversations = useMemo(
		() => ({ ...state, ...actions }),
		[state, actions],
	);
	return list as unknown as Conversations<M, C>;
}
