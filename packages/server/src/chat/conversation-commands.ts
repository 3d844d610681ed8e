/** Changes to conversations as a whole, requested over REST. */
import { randomUUID } from "node:crypto";
import type { Role } from "@secureconnect/protocol";
import type { Bus } from "../bus/contract.ts";
import type {
	Actor,
	AdditionLimits,
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

/** Every method throws {@link Refusal} with `draining` or `unavailable`. */
export class ConversationCommands {
	readonly #commands: Commands;
	readonly #bus: Bus;
	readonly #limits: AdditionLimits;
	readonly #now: Now;

	constructor(
		commands: Commands,
		bus: Bus,
		{ maxParticipants, maxUnansweredAdditions }: AdditionLimits,
		now: Now,
	) {
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

	configure(
		conversationId: string,
		userId: string,
		settings: Partial<OwnSettings>,
	): Promise<Outcomes["configure"]> {
		return this.#commands.submit("configure", {
			conversationId,
			userId,
			settings,
		});
	}

	findOrCreateDirect(
		{ userId, admin }: Actor,
		otherId: string,
	): Promise<Outcomes["direct"]> {
		return this.#commands.submit("direct", {
			userId,
			admin,
			otherId,
			conversationId: randomUUID(),
			timestamp: this.#now(),
			limits: this.#limits,
		});
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
		if (!(await this.#commands.removeLeftovers(userId, conversationId)))
			throw new Refusal({
				code: "unavailable",
				message:
					"the conversation is deleted, but its content is still on disk; the server goes on removing it",
			});
		return outcome;
	}
}
