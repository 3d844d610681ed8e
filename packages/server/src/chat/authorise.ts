import type { Actor, Admission, MessageLog, Role } from "../log/contract.ts";
import type { Commands } from "./commands.ts";
import { Refusal } from "./refusal.ts";
import type { NameClaim, TokenNames } from "./token-names.ts";

/**
 * Policy that says who may connect. `members` admits participants only. `open` also creates the conversation and the
 * participation when a user connects, except for users who were removed.
 */
export type ConversationPolicy = "members" | "open";

/** Identity of the bearer of a token. */
export interface Identity extends Actor, NameClaim {
	/** Expiry in milliseconds since 1970, without leeway. */
	readonly expiresAt: number;
}

/** User who was admitted to a connection. */
export interface AdmittedUser extends Admission {
	/** Display name of the user; undefined if the token contains none. */
	readonly name: string | undefined;
}

export class Doorkeeper {
	readonly #log: MessageLog;
	readonly #commands: Commands;
	readonly #names: TokenNames;
	readonly #policy: ConversationPolicy;

	constructor(
		log: MessageLog,
		commands: Commands,
		names: TokenNames,
		policy: ConversationPolicy,
	) {
		this.#log = log;
		this.#commands = commands;
		this.#names = names;
		this.#policy = policy;
	}

	/**
	 * Admits a user to a connection. Resolves to undefined if the user is not a participant or the conversation does
	 * not exist; the caller cannot tell the two apart.
	 * @param join whether the call may write: create the conversation and the participant (open policy), store the name
	 * @throws {Refusal} draining, unavailable
	 */
	async admit(
		conversationId: string,
		identity: Identity,
		join: boolean,
	): Promise<AdmittedUser | undefined> {
		const { userId, name } = identity;
		let admission = await this.#log.admission(conversationId, userId);
		if (!admission.membership && !admission.barred && this.#policy === "open") {
			if (!join) return { ...admission, name };
			const { kind } = await this.#commands.join(conversationId, userId);
			if (kind === "done")
				admission = await this.#log.admission(conversationId, userId);
		}
		const { membership } = admission;
		if (!membership) return undefined;
		if (!join) return { ...admission, name };
		if (membership.unanswered) await this.#answer(conversationId, userId);
		return {
			...admission,
			name: name === undefined ? name : await this.#names.keep(identity),
		};
	}

	/** If the log cannot store the answer now, the user is admitted anyway. The next connection records it again. */
	async #answer(conversationId: string, userId: string): Promise<void> {
		try {
			await this.#commands.answerAddition(conversationId, userId);
		} catch (error) {
			if (!(error instanceof Refusal)) throw error;
		}
	}

	/** Returns the role of a participant; undefined if the user is not a participant. */
	async roleOf(
		conversationId: string,
		userId: string,
	): Promise<Role | undefined> {
		const { membership } = await this.#log.admission(conversationId, userId);
		return membership?.role;
	}

	/** Checks whether an actor may see a conversation and its participants. */
	async maySee(conversationId: string, actor: Actor): Promise<boolean> {
		const { exists, membership } = await this.#log.admission(
			conversationId,
			actor.userId,
		);
		return actor.admin ? exists : membership !== null;
	}
}
