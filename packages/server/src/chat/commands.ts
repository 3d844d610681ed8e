/**
 * Actions of a participant, requested by a frame or over REST. Each action is authorised, committed and then published
 * on the bus.
 */
import {
	type Amendment,
	type ChatInput,
	type Entry,
	encodeChatBody,
	encodeRemovalBody,
	foldOf,
	type ProtocolError,
} from "@secureconnect/protocol";
import type { Bus } from "../bus/contract.ts";
import type { Scheduler } from "../fair/scheduler.ts";
import {
	type Actor,
	type AdditionLimits,
	LogUnavailable,
	type Outcomes,
	type Writes,
} from "../log/contract.ts";
import type { GroupCommit } from "../log/group-commit.ts";
import { Leftovers } from "./leftovers.ts";
import { createMessageId } from "./message-id.ts";
import { Refusal } from "./refusal.ts";

export interface Written {
	readonly entry: Entry;
	/**
	 * Whether the command made no entry now: the same `clientMessageId` had already made it, or the command changed
	 * nothing. The server then stored and broadcast nothing.
	 */
	readonly repeated: boolean;
	/**
	 * Resolves to whether the content that the command erased is gone from the store. Present if it was not gone when the
	 * command was stored. Never rejects.
	 */
	readonly erased?: Promise<boolean>;
}

/** Who may set the marks of a message that all participants share: everyone who may write, or a moderator and above. */
export type WhoPins = "participants" | "moderators";

export class Commands {
	readonly #commit: GroupCommit;
	readonly #bus: Bus;
	readonly #limits: AdditionLimits;
	readonly #whoPins: WhoPins;
	readonly #scheduler: Scheduler;
	readonly #leftovers: Leftovers;
	#draining = false;

	/** @param onError receives errors of work that no caller waits for */
	constructor(
		commit: GroupCommit,
		bus: Bus,
		settings: AdditionLimits & { readonly whoPins: WhoPins },
		scheduler: Scheduler,
		onError: (error: unknown) => void,
	) {
		this.#commit = commit;
		this.#bus = bus;
		const { maxParticipants, maxUnansweredAdditions } = settings;
		this.#limits = { maxParticipants, maxUnansweredAdditions };
		this.#whoPins = settings.whoPins;
		this.#scheduler = scheduler;
		this.#leftovers = new Leftovers(
			scheduler,
			(step) => this.submit("purge", step),
			onError,
		);
	}

	/**
	 * Stores a message. When the promise resolves, the message is on disk and on its way to all participants.
	 * @throws {Refusal} not_participant, read_only, forbidden, unknown_message, client_message_id_conflict, draining,
	 * unavailable
	 */
	async sendChat(
		conversationId: string,
		senderId: string,
		chat: ChatInput,
	): Promise<Written> {
		const clientMessageId = chat.clientMessageId ?? null;
		const timestamp = this.#scheduler.now();
		const { replyTo, threadId, mentions } = chat;
		const outcome = await this.submit(
			"message",
			{
				conversationId,
				senderId,
				messageId: createMessageId(timestamp),
				timestamp,
				clientMessageId,
				body: encodeChatBody(chat),
				...(replyTo === undefined ? {} : { replyTo }),
				...(threadId === undefined ? {} : { threadId }),
				...(mentions === undefined ? {} : { mentions }),
			},
			chat,
		);
		return written(outcome, chat);
	}

	/**
	 * Amends a message.
	 * @throws {Refusal} not_participant, read_only, forbidden, unknown_message, message_deleted, version_conflict,
	 * limit_reached, client_message_id_conflict, draining, unavailable
	 */
	async amend(
		conversationId: string,
		{ userId, admin }: Actor,
		amendment: Amendment,
	): Promise<Written> {
		const timestamp = this.#scheduler.now();
		const fold = foldOf(amendment.type);
		const isShared = fold?.kind === "mark" && !fold.isPerUser;
		const outcome = await this.submit(
			"amend",
			{
				...amendment,
				conversationId,
				actor: { userId, admin },
				...(isShared && this.#whoPins === "moderators"
					? { leastRole: "moderator" }
					: {}),
				messageId: createMessageId(timestamp),
				timestamp,
			},
			amendment,
		);
		const done = written(outcome, amendment);
		return outcome.kind === "stored" && outcome.unfinished
			? { ...done, erased: this.removeLeftovers(userId, conversationId) }
			: done;
	}

	/**
	 * Removes the content that deletions have left in the store. If that fails, it goes on later. Never rejects.
	 * @param conversationId undefined for all conversations
	 * @returns whether nothing is left
	 */
	removeLeftovers(userId: string, conversationId?: string): Promise<boolean> {
		return this.#leftovers.remove(userId, conversationId);
	}

	/** Publishes that the user is typing. Stores nothing and cannot fail. */
	typing(conversationId: string, userId: string, origin: string): void {
		this.#bus.publish(conversationId, {
			kind: "typing",
			userId,
			timestamp: this.#scheduler.now(),
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
		const outcome = await this.submit("read", {
			conversationId,
			userId,
			messageId,
		});
		if (outcome.kind === "refused") throw new Refusal(REFUSALS[outcome.reason]);
		if (outcome.kind === "advanced")
			this.#bus.publish(conversationId, {
				kind: "read",
				userId,
				messageId,
				seq: outcome.seq,
				timestamp: this.#scheduler.now(),
				origin,
			});
		// Also a read that moves nothing clears the user's own mark of the conversation.
		this.#bus.publishUser(userId, { kind: "changed", conversationId });
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
		const outcome = await this.submit("create", {
			conversationId,
			userId,
			admin,
			title: fields.title,
			metadata: JSON.stringify(fields.metadata),
			participantIds: fields.participantIds,
			timestamp: this.#scheduler.now(),
			limits: this.#limits,
		});
		// A user who has blocked the creator hears of it and is no participant: whoever shows lists reads the log.
		if (outcome.kind === "done")
			this.#added(conversationId, new Set([userId, ...fields.participantIds]));
		return outcome;
	}

	/** Creates the conversation if it does not exist and makes the user a participant. For the open policy. */
	async join(
		conversationId: string,
		userId: string,
	): Promise<Outcomes["join"]> {
		const outcome = await this.submit("join", {
			conversationId,
			userId,
			timestamp: this.#scheduler.now(),
			maxParticipants: this.#limits.maxParticipants,
		});
		if (outcome.kind === "done") this.#added(conversationId, [userId]);
		return outcome;
	}

	async addParticipants(
		conversationId: string,
		actor: Actor,
		userIds: readonly string[],
	): Promise<Outcomes["add"]> {
		const timestamp = this.#scheduler.now();
		const outcome = await this.submit("add", {
			conversationId,
			actor,
			userIds,
			messageId: createMessageId(timestamp),
			timestamp,
			limits: this.#limits,
		});
		if (outcome.kind === "stored")
			this.#added(conversationId, addedUsers(outcome.entry));
		return outcome;
	}

	/**
	 * Records that the user knows of a conversation to which another user added them.
	 * @throws {Refusal} draining, unavailable
	 */
	async answerAddition(conversationId: string, userId: string): Promise<void> {
		await this.submit("answer", { conversationId, userId });
	}

	/**
	 * Prevents another user from adding this user to conversations.
	 * @throws {Refusal} draining, unavailable
	 */
	async block(userId: string, blockedId: string): Promise<Outcomes["block"]> {
		return this.submit("block", {
			userId,
			blockedId,
			timestamp: this.#scheduler.now(),
		});
	}

	/** @throws {Refusal} draining, unavailable */
	async unblock(userId: string, blockedId: string): Promise<void> {
		await this.submit("unblock", { userId, blockedId });
	}

	/** Removes a participant, or lets the actor leave. After the promise resolves, no later entry can reach that user. */
	async removeParticipant(
		conversationId: string,
		actor: Actor,
		userId: string,
	): Promise<Outcomes["remove"]> {
		const timestamp = this.#scheduler.now();
		const outcome = await this.submit("remove", {
			conversationId,
			actor,
			userId,
			messageId: createMessageId(timestamp),
			timestamp,
			body: encodeRemovalBody(userId),
		});
		if (outcome.kind === "stored")
			this.#bus.publishUser(userId, {
				kind: "removed",
				conversationId,
				reason: "removed",
			});
		return outcome;
	}

	#added(conversationId: string, userIds: Iterable<string>): void {
		for (const userId of userIds)
			this.#bus.publishUser(userId, { kind: "added", conversationId });
	}

	async rename(userId: string, name: string): Promise<void> {
		await this.submit("rename", { userId, name });
	}

	/** Refuses every later command that would write. Resolves when the commands in progress are on disk. */
	drain(): Promise<void> {
		this.#draining = true;
		this.#leftovers.close();
		return this.#commit.idle();
	}

	/**
	 * Commits a write.
	 * @throws {Refusal} draining, unavailable
	 */
	async submit<K extends keyof Outcomes>(
		kind: K,
		fields: Writes[K],
		command?: Identified,
	): Promise<Outcomes[K]> {
		if (this.#draining)
			throw new Refusal(
				withId(
					{ code: "draining", message: "the server is stopping" },
					command,
				),
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
					command,
				),
			);
		}
	}
}

/** Command with the id that its sender gave it. */
interface Identified {
	readonly clientMessageId?: string;
}

const REFUSALS = {
	not_participant: { code: "not_participant", message: "not a participant" },
	read_only: {
		code: "read_only",
		message: "the conversation is closed, or the sender may only read",
	},
	forbidden: {
		code: "forbidden",
		message: "the sender's role does not allow this",
	},
	unknown_message: {
		code: "unknown_message",
		message: "an id names no chat message of this conversation",
	},
	message_deleted: {
		code: "message_deleted",
		message: "the message was deleted",
	},
	version_conflict: {
		code: "version_conflict",
		message: "the message has another version than if_version",
	},
	limit_reached: {
		code: "limit_reached",
		message: "there are as many of these marks as are allowed",
	},
	conflict: {
		code: "client_message_id_conflict",
		message:
			"the sender used this client_message_id for a command with different content",
	},
} as const satisfies Record<string, ProtocolError>;

/** @throws {Refusal} if the log refused the command */
function written(
	outcome: Outcomes["message"] | Outcomes["amend"],
	command: Identified,
): Written {
	if (outcome.kind === "refused")
		throw new Refusal(withId(REFUSALS[outcome.reason], command));
	return { entry: outcome.entry, repeated: outcome.kind !== "stored" };
}

function addedUsers({ body }: Entry): readonly string[] {
	return (JSON.parse(body) as { user_ids: string[] }).user_ids;
}

function withId(error: ProtocolError, command?: Identified): ProtocolError {
	return command?.clientMessageId === undefined
		? error
		: { ...error, clientMessageId: command.clientMessageId };
}
