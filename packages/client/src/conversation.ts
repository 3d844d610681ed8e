import type { AmendmentType } from "@secureconnect/protocol";
import { ALL_SHAPES } from "./amendment-shapes.ts";
import type { ConversationSettings } from "./conversation-details.ts";
import type { ConversationTimeline } from "./conversation-timeline.ts";
import type { ConversationsResource } from "./conversations-resource.ts";
import { ChatError } from "./errors.ts";
import type { Message, Metadata } from "./events.ts";
import type {
	HistoryOptions,
	MessagePage,
	MessagesOptions,
} from "./history.ts";
import { LiveConversation, type SendOptions } from "./live-conversation.ts";
import type { OutboxRecord } from "./outbox/store.ts";
import { noteStatus, withdraw } from "./outbox/withdraw.ts";
import type { ParticipantsResource } from "./participants-resource.ts";
import type { SentCommand, SentMessage } from "./sent-message.ts";
import type { Subscription } from "./subscription.ts";
import { newUuid } from "./uuid.ts";

/** A message, such as a {@link Message} or a row of a timeline. A row without a place has no id. */
export interface PlacedMessage {
	readonly messageId: string | undefined;
	readonly seq: number;
	readonly senderId: string | undefined;
}

/** What an edit changes besides the text. Fields that are left out stay as they are. */
export interface EditOptions<M extends object = Metadata>
	extends Omit<SendOptions<M>, "replyTo" | "threadId"> {
	/** Refuses the edit with `version_conflict` unless the message has this version; 0 without edits. */
	readonly ifVersion?: number;
}

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
		this.on("outbox", (message) =>
			noteStatus(message as unknown as SentMessage, false),
		);
		// The stored copy of a command is its acknowledgement, also without a timeline.
		subscription.shapes = ALL_SHAPES;
	}

	/**
	 * @internal See {@link timelineOf}. A program without a timeline does not load its code.
	 */
	timelineBy(
		create: (
			subscription: Subscription,
			liveFrom: () => Promise<HistoryOptions>,
		) => ConversationTimeline,
	): ConversationTimeline {
		this.#timeline ??= this.partBy(create);
		return this.#timeline;
	}

	override send(content: string, options?: SendOptions<M>): SentMessage<M> {
		const message = super.send(content, options);
		noteStatus(message as unknown as SentMessage, true);
		return message;
	}

	/** @internal See {@link logOf}. */
	partBy<T>(
		create: (
			subscription: Subscription,
			liveFrom: () => Promise<HistoryOptions>,
		) => T,
	): T {
		return create(this.#subscription, () => this.liveFrom());
	}

	/**
	 * Replaces the text of one of this user's messages. Like all commands here, it is shown at once in the timeline,
	 * waits in the outbox for a connection and takes effect exactly once. If the server refuses it, `acknowledged`
	 * rejects and the timeline takes it back.
	 * @throws {ChatError} as {@link send}
	 */
	edit(
		messageId: string,
		content: string,
		options: EditOptions<M> = {},
	): SentCommand {
		return this.amend("edit", messageId, { ...options, content });
	}

	/** Deletes the content of a message. @throws {ChatError} as {@link send} */
	remove(
		messageId: string,
		options: { readonly reason?: string } = {},
	): SentCommand {
		return this.amend("delete", messageId, options);
	}

	/**
	 * Deletes one of this user's messages that is not stored yet. A message that was never sent leaves the outbox, and
	 * its `acknowledged` rejects with `withdrawn`. One that may have been sent disappears from the timeline, and is
	 * deleted once it is stored. Resolves when the message is deleted.
	 * @throws {ChatError} `closed`; `not_found`: no such message waits
	 */
	async withdraw(clientMessageId: string): Promise<void> {
		this.open();
		const subscription = this.#subscription;
		const message = subscription.outbox.messages.find(
			(queued) => queued.clientMessageId === clientMessageId,
		);
		if (!message) throw new ChatError("not_found", "no such message waits");
		// Also after this view closed.
		const remove = (messageId: string): SentCommand =>
			this.#add("delete", messageId, {});
		if (withdraw(subscription, message, remove)) return;
		this.#timeline?.hide(clientMessageId);
		try {
			const { messageId } = await message.acknowledged;
			await remove(messageId).acknowledged;
		} catch (error) {
			// A message that the server refused is not stored, and a message that was deleted since is gone.
			const { code } = error as ChatError;
			if (message.status !== "failed" && code !== "message_deleted")
				throw error;
		} finally {
			this.#timeline?.reveal(clientMessageId);
		}
	}

	/** Adds a reaction of this user to a message, or takes it back. @throws {ChatError} as {@link send} */
	react(messageId: string, reaction: string, on = true): SentCommand {
		return this.amend("reaction", messageId, { reaction, on });
	}

	/** Pins a message for all participants, or takes it off. @throws {ChatError} as {@link send} */
	pin(messageId: string, on = true): SentCommand {
		return this.amend("pin", messageId, { on });
	}

	/** Sends a message that answers a stored one. @throws {ChatError} as {@link send} */
	reply(
		{ messageId, threadId }: Pick<Message, "messageId" | "threadId">,
		content: string,
		options: SendOptions<M> = {},
	): SentMessage<M> {
		return this.send(content, {
			...(threadId !== undefined && { threadId }),
			...options,
			replyTo: messageId,
		});
	}

	/**
	 * Changes this user's own settings of the conversation over REST. Fields that are left out stay as they are.
	 * @throws {ChatError} as all methods of `ChatClient.conversations`
	 */
	me(settings: Partial<ConversationSettings>): Promise<ConversationSettings> {
		// A read watermark that the server receives later would clear the mark.
		if (settings.markedUnread) this.#subscription.reads.flush();
		return this.#conversations.updateSettings(this.id, settings);
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
		// A server that implements only the original protocol document does not number messages. A row without a place
		// has the number 0.
		const at = seq || this.#subscription.reads.place(messageId ?? "");
		return at !== undefined && at <= (this.readSeq(userId) ?? -1);
	}

	/**
	 * Sends an amendment of any type, as {@link edit}, {@link remove}, {@link react} and {@link pin} do.
	 * @param fields the frame's other fields, in camelCase; the server checks them
	 * @throws {ChatError} as {@link send}
	 */
	amend(
		type: AmendmentType,
		targetId: string,
		fields: Readonly<Record<string, unknown>> = {},
	): SentCommand {
		this.open();
		return this.#add(type, targetId, fields);
	}

	#add(
		type: AmendmentType,
		targetId: string,
		fields: Readonly<Record<string, unknown>>,
	): SentCommand {
		const command = {
			...fields,
			type,
			targetId,
			clientMessageId: newUuid(),
			createdAt: Date.now(),
		};
		// The outbox reads only the fields above of a command.
		return this.#subscription.outbox.add(command as unknown as OutboxRecord);
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
