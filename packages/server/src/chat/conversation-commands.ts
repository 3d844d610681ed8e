/** Changes to conversations as a whole, requested over REST. */
import { randomUUID } from "node:crypto";
import type { Role } from "@secureconnect/protocol";
import type { Bus } from "../bus/contract.ts";
import type { Turns } from "../fair/turns.ts";
import type {
	Actor,
	AdditionLimits,
	MessageLog,
	Outcomes,
	OwnSettings,
} from "../log/contract.ts";
import type { Commands } from "./commands.ts";
import { createMessageId } from "./message-id.ts";
import type { Now } from "./ports.ts";
import { Refusal } from "./refusal.ts";

/** New values of a conversation's fields. Fields left out stay as they are. */
export interface ConversationChange {
	readonly title?: string | null;
	readonly metadata?: Record<string, unknown>;
	readonly closed?: boolean;
}

/** Participants of a deleted conversation that hear of it in one turn. */
const TOLD_PER_TURN = 1000;

/** Every method throws {@link Refusal} with `draining` or `unavailable`. */
export class ConversationCommands {
	readonly #commands: Commands;
	readonly #bus: Bus;
	readonly #log: Pick<MessageLog, "erasedParticipantIds">;
	readonly #limits: AdditionLimits;
	readonly #turns: Turns;
	readonly #now: Now;

	constructor(
		commands: Commands,
		bus: Bus,
		log: Pick<MessageLog, "erasedParticipantIds">,
		{ maxParticipants, maxUnansweredAdditions }: AdditionLimits,
		turns: Turns,
		now: Now,
	) {
		this.#log = log;
		this.#turns = turns;
		this.#commands = commands;
		this.#bus = bus;
		this.#limits = { maxParticipants, maxUnansweredAdditions };
		this.#now = now;
	}

	change(
		conversationId: string,
		{ userId, admin }: Actor,
		{ metadata, ...change }: ConversationChange,
	): Promise<Outcomes["change"]> {
		const timestamp = this.#now();
		return this.#commands.submit("change", {
			...change,
			...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
			conversationId,
			actor: { userId, admin },
			messageId: createMessageId(timestamp),
			timestamp,
		});
	}

	assignRole(
		conversationId: string,
		{ userId: actorId, admin }: Actor,
		userId: string,
		role: Role,
	): Promise<Outcomes["assign"]> {
		const timestamp = this.#now();
		return this.#commands.submit("assign", {
			conversationId,
			actor: { userId: actorId, admin },
			userId,
			role,
			messageId: createMessageId(timestamp),
			timestamp,
		});
	}

	async configure(
		conversationId: string,
		userId: string,
		settings: Partial<OwnSettings>,
	): Promise<Outcomes["configure"]> {
		const outcome = await this.#commands.submit("configure", {
			conversationId,
			userId,
			settings,
		});
		if (outcome.kind === "configured")
			this.#bus.publishUser(userId, { kind: "changed", conversationId });
		return outcome;
	}

	async findOrCreateDirect(
		{ userId, admin }: Actor,
		otherId: string,
	): Promise<Outcomes["direct"]> {
		const outcome = await this.#commands.submit("direct", {
			userId,
			admin,
			otherId,
			conversationId: randomUUID(),
			timestamp: this.#now(),
			limits: this.#limits,
		});
		if (outcome.kind === "direct" && outcome.created)
			for (const id of [userId, otherId])
				this.#bus.publishUser(id, {
					kind: "added",
					conversationId: outcome.conversationId,
				});
		return outcome;
	}

	/**
	 * Deletes a conversation and ends its connections. Resolves when its content is gone. A long conversation takes many
	 * writes, so that other users' writes go between them.
	 */
	async delete(
		conversationId: string,
		{ userId, admin }: Actor,
	): Promise<Outcomes["erase"]> {
		const outcome = await this.#commands.submit("erase", {
			conversationId,
			actor: { userId, admin },
		});
		if (outcome.kind === "refused") return outcome;
		this.#bus.publish(conversationId, { kind: "deleted" });
		let isGone = false;
		try {
			await this.#tellParticipants(conversationId);
		} finally {
			isGone = await this.#commands.removeLeftovers(userId, conversationId);
		}
		if (!isGone)
			throw new Refusal({
				code: "unavailable",
				message:
					"the conversation is deleted, but its content is still on disk; the server goes on removing it",
			});
		return outcome;
	}

	/** Tells the participants of a deleted conversation, before its leftovers are removed. */
	async #tellParticipants(conversationId: string): Promise<void> {
		let last: string | undefined;
		do {
			const after = last;
			const userIds = await this.#turns.take(conversationId, () =>
				this.#log.erasedParticipantIds(conversationId, after, TOLD_PER_TURN),
			);
			for (const userId of userIds)
				this.#bus.publishUser(userId, {
					kind: "removed",
					conversationId,
					reason: "deleted",
				});
			last = userIds.length < TOLD_PER_TURN ? undefined : userIds.at(-1);
		} while (last !== undefined);
	}
}
