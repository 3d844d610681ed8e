import type { ChatClient } from "@secureconnect/client";
import type { ChatRest } from "@secureconnect/client/rest";
import {
	createContext,
	createElement,
	type ReactElement,
	type ReactNode,
	useContext,
	useMemo,
} from "react";

/** What the hooks below a {@link ChatProvider} use. */
export interface Chat {
	readonly client: ChatClient;
	/** Undefined where the provider was given none. */
	readonly rest: ChatRest | undefined;
}

export interface ChatProviderProps {
	/**
	 * Made once per user, outside of components: one made while rendering would be another at every rendering. Who made it closes it; hooks
	 * close the conversations that they opened.
	 */
	readonly client: ChatClient;
	/** For `useConversations`; made like `client`. */
	readonly rest?: ChatRest;
	readonly children?: ReactNode;
}

const ChatContext = createContext<Chat | undefined>(undefined);

/** Gives the hooks below it one user's client. With another `client` they go over to it. */
export function ChatProvider({
	client,
	rest,
	children,
}: ChatProviderProps): ReactElement {
	const chat = useMemo(() => ({ client, rest }), [client, rest]);
	return createElement(ChatContext.Provider, { value: chat }, children);
}

/**
 * What the {@link ChatProvider} above was given.
 * @throws {Error} where there is none
 */
export function useChat(): Chat {
	const chat = useContext(ChatContext);
	if (!chat) throw new Error("there is no <ChatProvider> above this component");
	return chat;
}
