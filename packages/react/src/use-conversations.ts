import type {
	ChatClient,
	ConversationSettings,
	Fields,
	Metadata,
} from "@secureconnect/client";
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
	(source: ChatClient | ChatRest) =>
		new ConversationListStore(
			isRest(source)
				? {
						list: (page) => source.conversations(page),
						updateSettings: (id, settings) =>
							source.updateSettings(id, settings),
					}
				: source.conversations,
			isRest(source) ? undefined : source.inbox,
		),
);

function isRest(source: ChatClient | ChatRest): source is ChatRest {
	return typeof source.conversations === "function";
}

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
	/**
	 * Changes the user's own settings for a listed conversation. The list shows them at once. Rejects with a
	 * `ChatError` if the server refuses them; the list then shows the previous settings again. The function is stable
	 * across renders.
	 */
	readonly updateSettings: (
		id: string,
		settings: Partial<ConversationSettings>,
	) => Promise<void>;
}

/**
 * Lists the user's conversations, most recently active first. The list is live: it shows each change when the server
 * reports it. With a server that has no inbox, and with a `rest` client, it reloads when the window gets the focus, and
 * every 15 s while it is visible. Components share one list.
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
			updateSettings: async (
				id: string,
				settings: Partial<ConversationSettings>,
			) => LISTS.get(source, "")?.updateSettings(id, settings),
		}),
		[source],
	);
	const list: Conversations = useMemo(
		() => ({ ...state, ...actions }),
		[state, actions],
	);
	return list as unknown as Conversations<M, C>;
}
