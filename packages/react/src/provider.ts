import type { ChatClient, Fields, Metadata } from "@secureconnect/client";
import type { ChatRest } from "@secureconnect/client/rest";
import {
	createContext,
	createElement,
	type ReactElement,
	type ReactNode,
	useContext,
	useMemo,
} from "react";

/** Values that the hooks below a {@link ChatProvider} use. */
export interface Chat<
	M extends object = Metadata,
	C extends object = Metadata,
> {
	readonly client: ChatClient<M, C>;
	/**
	 * The provider's `rest`.
	 * @deprecated Use `client.conversations`.
	 */
	readonly rest: ChatRest | undefined;
}

/** Properties of {@link ChatProvider}. */
export interface ChatProviderProps {
	/**
	 * The user's client. Create it once per user, outside of components: a client created during a render would be
	 * a new one at every render. The code that creates it closes it; hooks close only the conversations that they
	 * open.
	 */
	readonly client: ChatClient<object, object>;
	/**
	 * REST client for `useConversations`.
	 * @deprecated Omit it: the hooks use `client.conversations`.
	 */
	readonly rest?: ChatRest;
	readonly children?: ReactNode;
}

const ChatContext = createContext<Chat | undefined>(undefined);

/** Provides one user's client to the hooks below it. If `client` changes, the hooks switch to the new one. */
export function ChatProvider({
	client,
	rest,
	children,
}: ChatProviderProps): ReactElement {
	const chat = useMemo(
		() => ({ client: client as ChatClient, rest }),
		[client, rest],
	);
	return createElement(ChatContext.Provider, { value: chat }, children);
}

/**
 * Returns the values of the {@link ChatProvider} above. `M` and `C` are the types of `createClient`.
 * @throws {Error} if there is no provider
 */
export function useChat<
	M extends Fields<M> = Metadata,
	C extends Fields<C> = Metadata,
>(): Chat<M, C> {
	const chat = useContext(ChatContext);
	if (!chat) throw new Error("there is no <ChatProvider> above this component");
	return chat as unknown as Chat<M, C>;
}
