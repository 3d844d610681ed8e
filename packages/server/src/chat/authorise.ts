import type { Actor, Admission, MessageLog } from "../log/contract.ts";
import type { Commands } from "./commands.ts";
import type { Names, Naming } from "./names.ts";
import { Refusal } from "./refusal.ts";

/**
 * Who may connect: `members` lets participants in, `open` makes the conversation and the participant as they come,
 * other than those who were removed.
 */
export type ConversationPolicy = "members" | "open";

/** Who a token says its bearer is. */
export interface Identity extends Actor, Naming {
	/** Milliseconds since 1970, leeway not counted in. */
	readonly expiresAt: number;
}

/** A user who was admitted to a connection. */
export interface Admitted extends Admission {
	/** The name to show the user under; undefined where the token says none. */
	readonly name: string | undefined;
}

export class Doorkeeper {
	readonly #log: MessageLog;
	readonly #commands: Commands;
	readonly #names: Names;
	readonly #policy: ConversationPolicy;

	constructor(
		log: MessageLog,
		commands: Commands,
		names: Names,
		policy: ConversationPolicy,
	) {
		this.#log = log;
		this.#commands = commands;
		this.#names = names;
		this.#policy = policy;
	}

	/**
	 * Admits a user to a connection; undefined for strangers and for conversations that are not there alike.
	 * @param join whether this may write: make the conversation and the participant under the open policy, keep the name.
	 * @throws {Refusal} draining, unavailable
	 */
	async admit(
		conversationId: string,
		identity: Identity,
		join: boolean,
	): Promise<Admitted | undefined> {
		const { userId, name } = identity;
		let admission = await this.#log.admission(conversationId, userId);
		if (
			!admission.membership &&
			!admission.removed &&
			this.#policy === "open"
		) {
			if (!join) return { ...admission, name };
			const { kind } = await this.#commands.join(conversationId, userId);
			if (kind === "done")
				admission = await this.#log.admission(conversationId, userId);
		}
		const { membership } = admission;
		if (!membership) return undefined;
		if (!join) return { ...admission, name };
		if (membership.unanswered) await this.#answer(conversationId, userId);
		return { ...admission, name: await this.#names.keep(identity) };
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
