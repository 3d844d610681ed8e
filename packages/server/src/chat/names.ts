import type { MessageLog } from "../log/contract.ts";
import type { Commands } from "./commands.ts";
import type { Now } from "./ports.ts";
import { Refusal } from "./refusal.ts";

/** What a token says of its user's name. */
export interface Naming {
	readonly userId: string;
	/** Undefined where the token says none: it changes nothing. */
	readonly name: string | undefined;
	/** Milliseconds since 1970; undefined where the token does not say when it was issued. */
	readonly issuedAt: number | undefined;
}

interface Kept {
	name: string;
	issuedAt: number | undefined;
	writing: Promise<void> | undefined;
}

/** Users whose names are remembered, so that a request whose token brings no news reads and writes nothing. */
const MAX_REMEMBERED = 10_000;

/**
 * Keeps the names that verified tokens give their users, however the tokens come: with a connection, with a REST
 * request or on an open connection. One write of a user is under way at a time, whatever names the tokens have.
 */
export class Names {
	readonly #log: Pick<MessageLog, "nameOf">;
	readonly #commands: Pick<Commands, "rename">;
	readonly #now: Now;
	/** In the order in which they came. */
	readonly #remembered = new Map<string, Kept>();

	constructor(
		log: Pick<MessageLog, "nameOf">,
		commands: Pick<Commands, "rename">,
		now: Now,
	) {
		this.#log = log;
		this.#commands = commands;
		this.#now = now;
	}

	/**
	 * Keeps a token's name, unless a token that was issued later gave another. While the log takes no writes the name is
	 * not kept and nobody is refused: the next token tells it again.
	 * @returns the name to show the user under; undefined where the token says none
	 */
	async keep({ userId, name, issuedAt }: Naming): Promise<string | undefined> {
		if (name === undefined) return undefined;
		// A clock that ran ahead must not hold a name until its time has come.
		const at =
			issuedAt === undefined ? undefined : Math.min(issuedAt, this.#now());
		for (;;) {
			const kept = this.#remembered.get(userId);
			if (kept && isEarlier(at, kept.issuedAt)) return kept.name;
			if (kept?.name === name) {
				kept.issuedAt = at ?? kept.issuedAt;
				await kept.writing;
				return name;
			}
			if (kept?.writing) {
				await kept.writing;
				continue;
			}
			const next: Kept = { name, issuedAt: at, writing: undefined };
			this.#remember(userId, next);
			next.writing = this.#write(userId, next);
			await next.writing;
			return name;
		}
	}

	async #write(userId: string, kept: Kept): Promise<void> {
		try {
			if ((await this.#log.nameOf(userId)) !== kept.name)
				await this.#commands.rename(userId, kept.name);
		} catch (error) {
			if (this.#remembered.get(userId) === kept)
				this.#remembered.delete(userId);
			if (!(error instanceof Refusal)) throw error;
		} finally {
			kept.writing = undefined;
		}
	}

	#remember(userId: string, kept: Kept): void {
		this.#remembered.delete(userId);
		const [oldest] = this.#remembered.keys();
		if (oldest !== undefined && this.#remembered.size >= MAX_REMEMBERED)
			this.#remembered.delete(oldest);
		this.#remembered.set(userId, kept);
	}
}

/** Whether a token was issued before the one that gave the name; false where one of them does not say when. */
function isEarlier(
	issuedAt: number | undefined,
	keptAt: number | undefined,
): boolean {
	return issuedAt !== undefined && keptAt !== undefined && issuedAt < keptAt;
}
