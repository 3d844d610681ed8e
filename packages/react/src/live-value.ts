import type {
	ChatClient,
	Conversation,
	ConversationEvents,
} from "@secureconnect/client";
import { Shared } from "./shared.ts";
import { Store } from "./store.ts";

/** Something that a conversation knows, and the events after which it may be another. */
interface Aspect<T> {
	readonly events: readonly (keyof ConversationEvents)[];
	read(conversation: Conversation): T;
}

/** One aspect of one conversation, which is open for as long as this is. */
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

/** @param empty what it is before the conversation is open, and on a server */
export function liveValues<T>(
	empty: T,
	aspect: Aspect<T>,
): Shared<ChatClient, T, LiveValue<T>> {
	return new Shared(
		empty,
		(client: ChatClient, id) => new LiveValue(client, id, aspect),
	);
}
