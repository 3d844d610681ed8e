import type { OwnRow, UnreadConversations } from "../../log/contract.ts";
import type { Totals } from "./rows.ts";

interface Counts {
	readonly unread: number;
	readonly mentions: number;
}

/**
 * Totals of one user's list. It keeps counts only for conversations with unread messages that count: a conversation
 * that the user has read takes no memory.
 */
export class UnreadTotals {
	#counts = new Map<string, Counts>();
	#unread = 0;
	#mentions = 0;
	#mutedUntil: number | null = null;
	/** Conversations that changed while all counts are read; undefined at other times. */
	#changed: Set<string> | undefined;

	get totals(): Totals {
		return { totalUnread: this.#unread, totalMentions: this.#mentions };
	}

	/** Time at which the totals change because a conversation is no longer muted; null if none is muted. */
	get mutedUntil(): number | null {
		return this.#mutedUntil;
	}

	/** Counts a row anew. */
	count(
		conversationId: string,
		{ unread, mentions, archived, mutedUntil }: OwnRow,
		now: number,
	): void {
		const isMuted = mutedUntil !== null && mutedUntil > now;
		if (isMuted && !archived && unread > 0)
			this.#mutedUntil = Math.min(this.#mutedUntil ?? mutedUntil, mutedUntil);
		this.#set(
			conversationId,
			unread > 0 && !archived && !isMuted ? { unread, mentions } : undefined,
		);
	}

	/** Counts nothing of a conversation. */
	drop(conversationId: string): void {
		this.#set(conversationId, undefined);
	}

	/**
	 * Replaces all counts.
	 * @param read reads them; counts that change meanwhile may be older in its result
	 * @returns the conversations that changed meanwhile, whose rows must be counted again
	 */
	async replace(
		read: () => Promise<UnreadConversations>,
	): Promise<ReadonlySet<string>> {
		const changed = new Set<string>();
		this.#changed = changed;
		try {
			const { counts, mutedUntil } = await read();
			this.#counts = new Map();
			this.#unread = 0;
			this.#mentions = 0;
			for (const { conversationId, unread, mentions } of counts)
				this.#set(conversationId, { unread, mentions });
			this.#mutedUntil = mutedUntil;
			return changed;
		} finally {
			this.#changed = undefined;
		}
	}

	#set(conversationId: string, counts: Counts | undefined): void {
		this.#changed?.add(conversationId);
		const before = this.#counts.get(conversationId);
		if (before) {
			this.#unread -= before.unread;
			this.#mentions -= before.mentions;
		}
		if (!counts) {
			if (before) this.#counts.delete(conversationId);
			return;
		}
		this.#unread += counts.unread;
		this.#mentions += counts.mentions;
		this.#counts.set(conversationId, counts);
	}
}
