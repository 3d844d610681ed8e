import { ConversationTimeline } from "./conversation-timeline.ts";
import type { ConversationsResource } from "./conversations-resource.ts";
import type { Message, Metadata } from "./events.ts";
import type { MessagePage, MessagesOptions } from "./history.ts";
import { LiveConversation } from "./live-conversation.ts";
import type { ParticipantsResource } from "./participants-resource.ts";
import type { Subscription } from "./subscription.ts";

/** A message with a place in the order, such as a {@link Message}. */
export type PlacedMessage = Pick<Message, "messageId" | "seq" | "senderId">;

/** A conversation over its WebSocket and over REST. */
export class Conversation<
	M extends object = Metadata,
	C extends object = Metadata,
> extends LiveConversation<M> {
	readonly #subscription: Subscription;
	readonly #conversations: ConversationsResource<object, object>;
	#timeline: ConversationTimeline | undefined;

	/** @internal See {@link ChatClient.conversation}. */
	constructor(
		subscription: Subscription,
		conversations: ConversationsResource<object, object>,
		release: () => void,
	) {
		super(subscription, release);
		this.#subscription = subscription;
		this.#conversations = conversations;
	}

	/**
	 * Messages with edits, deletions, reactions and pins applied, kept up to date. The first access creates it: without
	 * it, a program that only sends keeps no messages in memory.
	 */
	get timeline(): ConversationTimeline {
		this.#timeline ??= new ConversationTimeline(this.#subscription, () =>
			this.liveFrom(),
		);
		return this.#timeline;
	}

	override close(): void {
		this.#timeline?.close();
		super.close();
	}

	/** Participants of this conversation, over REST. */
	get participants(): ParticipantsResource<C> {
		return this.#conversations.participants(this.id) as ParticipantsResource<C>;
	}

	/**
	 * Reads a page of the stored messages over REST; by default the newest. For a list that continues with live
	 * messages without a gap, use {@link history}.
	 */
	async messages(options?: MessagesOptions): Promise<MessagePage<M>> {
		const page = await this.#conversations.messages(this.id, options);
		for (const entry of page.messages)
			if (entry.type === "chat")
				this.#subscription.reads.saw(entry.messageId, entry.seq);
		return page as MessagePage<M>;
	}

	/**
	 * Returns the `seq` up to which a user has read; undefined if unknown. The client knows the watermarks of the last
	 * connection and those that arrived since. This user's own is as it was when the connection opened.
	 */
	readSeq(userId: string): number | undefined {
		const { reads, readSeqs, receipts } = this.#subscription;
		// The history may have loaded the message since its watermark arrived.
		return reads.place(receipts.get(userId) ?? "") ?? readSeqs.get(userId);
	}

	/** Returns whether a user has read a message, as far as the client knows: see {@link readSeq}. */
	hasRead(userId: string, { messageId, seq }: PlacedMessage): boolean {
		// A server that implements only the original protocol document does not number messages.
		const at: number | undefined =
			seq ?? this.#subscription.reads.place(messageId);
		return at !== undefined && at <= (this.readSeq(userId) ?? -1);
	}

	/** Returns the ids of the users who have read a message, without its sender and this user. */
	readers(message: PlacedMessage): readonly string[] {
		return [...this.receipts.keys()].filter(
			(userId) =>
				userId !== message.senderId &&
				userId !== this.userId &&
				this.hasRead(userId, message),
		);
	}
}
