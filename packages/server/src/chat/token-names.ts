import type { MessageLog } from "../log/contract.ts";
import type { Commands } from "./commands.ts";
import type { Now } from "./ports.ts";
import { Refusal } from "./refusal.ts";

/** Name of a user as a token states it. */
export interface NameClaim {
	readonly userId: string;
	/** Undefined if the token contains no name. The stored name then stays. */
	readonly name: string | undefined;
	/** Milliseconds since 1970; undefined if the token does not contain its time of issue. */
	readonly issuedAt: number | undefined;
}

interface CachedName {
	name: string;
	issuedAt: number | undefined;
	writing: Promise<void> | undefined;
}

/**
 * Maximum number of users whose names are cached. A request whose token has the cached name reads and writes nothing.
 */
const MAX_REMEMBERED = 10_000;

/**
 * Stores the display names that verified tokens contain. Tokens arrive with a connection, with a REST request or on an
 * open connection. At most one write per user is in progress at a time.
 */
export class TokenNames {
	readonly #log: Pick<MessageLog, "nameOf">;
	readonly #commands: Pick<Commands, "rename">;
	readonly #now: Now;
	/** Cached names in order of arrival. */
	readonly #remembered = new Map<string, CachedName>();

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
	 * Stores a token's name, unless a token issued later gave a different name. While the log cannot write, the name is
	 * not stored, and the request still succeeds: the next token carries the name again.
	 * @returns the display name of the user; undefined if the token contains none
	 */
	async keep({
		userId,
		name,
		issuedAt,
	}: NameClaim): Promise<string | undefined> {
		if (name === undefined) return undefined;
		// A time in the future, from a clock that runs fast, would block newer names until that time.
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
			const next: CachedName = { name, issuedAt: at, writing: undefined };
			this.#remember(userId, next);
			next.writing = this.#write(userId, next);
			await next.writing;
			return name;
		}
	}

	async #write(userId: string, kept: CachedName): Promise<void> {
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

	#remember(userId: string, kept: CachedName): void {
		this.#remembered.delete(userId);
		const [oldest] = this.#remembered.keys();
		if (oldest !== undefined && this.#remembered.size >= MAX_REMEMBERED)
			this.#remembered.delete(oldest);
		this.#remembered.set(userId, kept);
	}
}

/** Checks whether a token was issued before the token that gave the name. Returns false if either time is unknown. */
function isEarlier(
	issuedAt: number | undefined,
	keptAt: number | undefined,
): boolean {
	return issuedAt !== undefined && keptAt !== undefined && issuedAt < keptAt;
}
