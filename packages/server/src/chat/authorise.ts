import type { Actor, Admission, MessageLog } from "../log/contract.ts";
import type { Commands } from "./commands.ts";
import { Refusal } from "./refusal.ts";

/**
 * Who may connect: `members` lets participants in, `open` makes the conversation and the participant as they come,
 * other than those who were removed.
 */
export type ConversationPolicy = "members" | "open";

/** Who a token says its bearer is. */
export interface Identity extends Actor {
	/** Shown to other participants. */
	readonly name: string | undefined;
	/** Milliseconds since 1970, leeway not counted in. */
	readonly expiresAt: number;
}

export class Doorkeeper {
	readonly #log: MessageLog;
	readonly #commands: Commands;
	readonly #policy: ConversationPolicy;

	constructor(log: MessageLog, commands: Commands, policy: ConversationPolicy) {
		this.#log = log;
		this.#commands = commands;
		this.#policy = policy;
	}

	/**
	 * Admits a user to a connection; undefined for strangers and for conversations that are not there alike.
	 * @param join whether this may write: make the conversation and the participant under the open policy, keep the name.
	 * @throws {Refusal} draining, unavailable
	 */
	async admit(
		conversationId: string,
		{ userId, name }: Identity,
		join: boolean,
	): Promise<Admission | undefined> {
		let admission = await this.#log.admission(conversationId, userId);
		if (
			!admission.membership &&
			!admission.removed &&
			this.#policy === "open"
		) {
			if (!join) return admission;
			const { kind } = await this.#commands.join(conversationId, userId);
			if (kind === "done")
				admission = await this.#log.admission(conversationId, userId);
		}
		const { membership } = admission;
		if (!membership) return undefined;
		if (join && membership.unanswered)
			await this.#answer(conversationId, userId);
		if (join && name !== undefined && name !== membership.name)
			await this.#commands.rename(userId, name);
		return admission;
	}

	/** Nobody is kept out because it cannot be stored now: the next connection tells it again. */
	async #answer(conversationId: string, userId: string): Promise<void> {
		try {
			await this.#commands.answerAddition(conversationId, userId);
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
		}
	}

	/** Whether an actor may see a conversation and who is in it. */
	async maySee(conversationId: string, actor: Actor): Promise<boolean> {
		const { exists, membership } = await this.#log.admission(
			conversationId,
			actor.userId,
		);
		return actor.admin ? exists : membership !== null;
	}
}
