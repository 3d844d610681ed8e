/**
 * Actions of a participant, requested by a frame or over REST. Each action is authorised, committed and then published
 * on the bus.
 */
import {
	type ChatInput,
	type Entry,
	encodeChatBody,
	encodeRemovalBody,
	type ProtocolError,
} from "@secureconnect/protocol";
import type { Bus } from "../bus/contract.ts";
import {
	type Actor,
	type AdditionLimits,
	LogUnavailable,
	type Outcomes,
	type Writes,
} from "../log/contract.ts";
import type { GroupCommit } from "../log/group-commit.ts";
import { createMessageId } from "./message-id.ts";
import type { Now } from "./ports.ts";
import { Refusal } from "./refusal.ts";

export interface SendResult {
	readonly entry: Entry;
	/**
	 * Whether this `clientMessageId` had already created the message. If so, the server stored and broadcast nothing now.
	 */
	readonly repeated: boolean;
}

export class Commands {
	readonly #commit: GroupCommit;
	readonly #bus: Bus;
	readonly #limits: AdditionLimits;
	readonly #now: Now;
	#draining = false;

	constructor(
		commit: GroupCommit,
		bus: Bus,
		{ maxParticipants, maxUnansweredAdditions }: AdditionLimits,
		now: Now,
	) {
		this.#commit = commit;
		this.#bus = bus;
		this.#limits = { maxParticipants, maxUnansweredAdditions };
		this.#now = now;
	}

	/**
	 * Stores a message. When the promise resolves, the message is on disk and on its way to all participants.
	 * @throws {Refusal} not_participant, client_message_id_conflict, draining, unavailable
	 */
	async sendChat(
		conversationId: string,
		senderId: string,
		chat: ChatInput,
	): Promise<SendResult> {
		const clientMessageId = chat.clientMessageId ?? null;
		const timestamp = this.#now();
		const message = {
			conversationId,
			senderId,
			messageId: createMessageId(timestamp),
			timestamp,
			clientMessageId,
			body: encodeChatBody(chat),
		};
		const outcome = await this.#submit("message", message, chat);
		if (outcome.kind === "refused")
			throw new Refusal(
				withId(
					outcome.reason === "conflict"
						? {
								code: "client_message_id_conflict",
								message:
									"this client_message_id was already used for a message with different content",
							}
						: { code: "not_participant", message: "not a participant" },
					chat,
				),
			);
		const repeated = outcome.kind === "duplicate";
		const stored = repeated ? outcome : { ...message, seq: outcome.seq };
		return {
			repeated,
			entry: {
				...message,
				type: "chat",
				seq: stored.seq,
				messageId: stored.messageId,
				timestamp: stored.timestamp,
			},
		};
	}

	/** Publishes that the user is typing. Stores nothing and cannot fail. */
	typing(conversationId: string, userId: string, origin: string): void {
		this.#bus.publish(conversationId, {
			kind: "typing",
			userId,
			timestamp: this.#now(),
			origin,
		});
	}

	/**
	 * Advances the user's read watermark to a message.
	 * @throws {Refusal} unknown_message, not_participant, draining, unavailable
	 */
	async markRead(
		conversationId: string,
		userId: string,
		messageId: string,
		origin: string,
	): Promise<void> {
		const outcome = await this.#submit("read", {
			conversationId,
			userId,
			messageId,
		});
		if (outcome.kind === "refused")
			throw new Refusal(
				outcome.reason === "unknown_message"
					? {
							code: "unknown_message",
							message:
								"message_id is not the id of a chat message in this conversation",
						}
					: { code: "not_participant", message: "not a participant" },
			);
		if (outcome.kind === "advanced")
			this.#bus.publish(conversationId, {
				kind: "read",
				userId,
				messageId,
				seq: outcome.seq,
				timestamp: this.#now(),
				origin,
			});
	}

	/** @throws {Refusal} draining, unavailable */
	async createConversation(
		conversationId: string,
		{ userId, admin }: Actor,
		fields: {
			title: string | null;
			metadata: Record<string, unknown>;
			participantIds: readonly string[];
		},
	): Promise<Outcomes["create"]> {
		return this.#submit("create", {
			conversationId,
			userId,
			admin,
			title: fields.title,
			metadata: JSON.stringify(fields.metadata),
			participantIds: fields.participantIds,
			timestamp: this.#now(),
			limits: this.#limits,
		});
	}

	/** Creates the conversation if it does not exist and makes the user a participant. For the open policy. */
	async join(
		conversationId: string,
		userId: string,
	): Promise<Outcomes["join"]> {
		return this.#submit("join", {
			conversationId,
			userId,
			timestamp: this.#now(),
			maxParticipants: this.#limits.maxParticipants,
		});
	}

	async addParticipants(
		conversationId: string,
		actor: Actor,
		userIds: readonly string[],
	): Promise<Outcomes["add"]> {
		return this.#submit("add", {
			conversationId,
			actor,
			userIds,
			timestamp: this.#now(),
			limits: this.#limits,
		});
	}

	/**
	 * Records that the user knows of a conversation to which another user added them.
	 * @throws {Refusal} draining, unavailable
	 */
	async answerAddition(conversationId: string, userId: string): Promise<void> {
		await this.#submit("answer", { conversationId, userId });
	}

	/**
	 * Prevents another user from adding this user to conversations.
	 * @throws {Refusal} draining, unavailable
	 */
	async block(userId: string, blockedId: string): Promise<Outcomes["block"]> {
		return this.#submit("block", {
			userId,
			blockedId,
			timestamp: this.#now(),
		});
	}

	/** @throws {Refusal} draining, unavailable */
	async unblock(userId: string, blockedId: string): Promise<void> {
		await this.#submit("unblock", { userId, blockedId });
	}

	/** Removes a participant, or lets the actor leave. After the promise resolves, no later entry can reach that user. */
	async removeParticipant(
		conversationId: string,
		actor: Actor,
		userId: string,
	): Promise<Outcomes["remove"]> {
		const timestamp = this.#now();
		return this.#submit("remove", {
			conversationId,
			actor,
			userId,
			messageId: createMessageId(timestamp),
			timestamp,
			body: encodeRemovalBody(userId),
		});
	}

	async rename(userId: string, name: string): Promise<void> {
		await this.#submit("rename", { userId, name });
	}

	/** Refuses every later command that would write. Resolves when the commands in progress are on disk. */
	drain(): Promise<void> {
		this.#draining = true;
		return this.#commit.idle();
	}

	async #submit<K extends keyof Outcomes>(
		kind: K,
		fields: Writes[K],
		chat?: ChatInput,
	): Promise<Outcomes[K]> {
		if (this.#draining)
			throw new Refusal(
				withId({ code: "draining", message: "the server is stopping" }, chat),
			);
		try {
			return await this.#commit.submit(kind, fields);
		} catch (error) {
			if (!(error instanceof LogUnavailable)) throw error;
			throw new Refusal(
				withId(
					{
						code: "unavailable",
						message: "the message log cannot accept writes now",
					},
					chat,
				),
			);
		}
	}
}

function withId(error: ProtocolError, chat?: ChatInput): ProtocolError {
	return chat?.clientMessageId === undefined
		? error
		: { ...error, clientMessageId: chat.clientMessageId };
}
