import type { WireFrame } from "./wire.ts";

/** Lifetime of the token as the other tabs see it: only the holder renews it. */
const FOREVER_MS = 365 * 24 * 60 * 60_000;

type Row = Readonly<Record<string, unknown>>;

/** Copy of the user's list on the shared socket. A tab that joins later receives it as its `inbox` frame. */
export class ListCopy {
	#inbox: WireFrame | undefined;
	readonly #rows = new Map<unknown, Row>();

	get isKnown(): boolean {
		return this.#inbox !== undefined;
	}
	/** The user's id, once known. */
	get userId(): unknown {
		return this.#inbox?.user_id;
	}

	/** Handles a frame that changes the list. */
	take(frame: WireFrame): void {
		if (frame.type === "inbox") {
			this.#inbox = frame;
			this.#rows.clear();
		}
		const { conversations, conversation } = frame;
		const rows = Array.isArray(conversations) ? conversations : [conversation];
		for (const row of rows as readonly (Row | undefined)[])
			if (row) this.#rows.set(row.conversation_id, row);
		if (frame.type === "conversation_removed")
			this.#rows.delete(frame.conversation_id);
		const { total_unread, total_mentions } = frame;
		this.#inbox = { ...this.#inbox, total_unread, total_mentions };
	}

	/** Returns the list as a frame. */
	frame(): string {
		const conversations = [...this.#rows.values()].sort((a, b) =>
			String(b.updated_at).localeCompare(String(a.updated_at)),
		);
		return JSON.stringify({
			...this.#inbox,
			type: "inbox",
			conversations,
			...lasting(),
		});
	}
}

/** Returns the times of a frame about a token that another tab renews. */
export function lasting(): {
	readonly timestamp: string;
	readonly expires_at: string;
} {
	const now = Date.now();
	return {
		timestamp: new Date(now).toISOString(),
		expires_at: new Date(now + FOREVER_MS).toISOString(),
	};
}
