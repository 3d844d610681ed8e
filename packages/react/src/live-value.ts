import type {
	ChatClient,
	Conversation,
	ConversationEvents,
} from "@secureconnect/client";
import { Shared } from "./shared.ts";
import { Store } from "./store.ts";

/** A value of a conversation, and the events after which it may have changed. */
interface Aspect<T> {
	readonly events: readonly (keyof ConversationEvents)[];
	read(conversation: Conversation): T;
}

/** One value of one conversation. Keeps the conversation open until `close()`. */
export class LiveValue<T> extends Store<T> {
	readonly conversation: Conversation;

	constructor(client: ChatClient, id: string, { events, read }: Aspect<T>) {
		const conversation = client.conversation(id);
		super(read(conversation));
		this.conversation = conversation;
		for (const event of events)
			conversation.on(event, () => this.show(read(conversation)));
	}

	override close(): void {
		this.conversation.close();
	}
}

/** Shares one store per conversation. @param empty value before the conversation opens, and on a server */
export function liveValues<T>(
	empty: T,
	aspect: Aspect<T>,
): Shared<ChatClient, T, LiveValue<T>> {
	return new Shared(
		empty,
		(client: ChatClient, id) => new LiveValue(client, id, aspect),
	);
}
