import type { ChatClient, Metadata } from "@secureconnect/client";
import type { MessageRow } from "@secureconnect/client/timeline";
import { PagedStore, type PagesState } from "./pages.ts";

/** State that `useMessage` returns. */
export interface MessageState<M extends object = Metadata> extends PagesState {
	/** The message; undefined until it is loaded. */
	readonly message: MessageRow<M> | undefined;
}

export const NO_MESSAGE: MessageState = {
	message: undefined,
	isLoading: true,
	error: undefined,
};

/** One message of a conversation while it is shown. */
export class MessageRowStore extends PagedStore<MessageState> {
	readonly #messageId: string;

	constructor(client: ChatClient, id: string, messageId: string) {
		super(client, id, NO_MESSAGE);
		this.#messageId = messageId;
	}

	protected override begin(): Promise<void> {
		return this.room.timeline.load(this.#messageId);
	}

	protected override read(pages: PagesState): MessageState {
		const row = this.room.timeline.get(this.#messageId);
		return { message: row?.kind === "message" ? row : undefined, ...pages };
	}
}
