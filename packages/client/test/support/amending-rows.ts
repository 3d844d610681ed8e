/** Rows of a conversation as every kind of client must show them, and how an independent reader derives them. */

/** A frame of the wire. */
export type Wire = Readonly<Record<string, unknown>>;

/** A message or a notice, without what only one kind of client knows. */
export interface Row {
	readonly type: string;
	readonly seq: number;
	readonly messageId: string;
	readonly senderId: string;
	/** Fields as on the wire. */
	readonly fields: Wire;
}

/** Fields of a message that an edit replaces. */
const CONTENT = [
	"content",
	"is_encrypted",
	"message_type",
	"metadata",
	"mentions",
] as const;
const AMENDMENTS = new Set(["edit", "delete", "reaction", "pin"]);
const MOST_USERS = 10;
const MOST_REPLIERS = 5;

export function isAmendment({ type }: Wire): boolean {
	return AMENDMENTS.has(String(type));
}

/** Returns the row of a message of `view=timeline`. */
export function rowOf(frame: Wire): Row {
	const { type, seq, message_id, sender_id } = frame;
	const place = {
		type: String(type),
		seq: Number(seq),
		messageId: String(message_id),
		senderId: String(sender_id),
	};
	if (type !== "chat") return { ...place, fields: {} };
	const reactions = (frame.reactions ?? []) as readonly Wire[];
	return {
		...place,
		fields: defined({
			is_pending: frame.is_pending,
			...Object.fromEntries(CONTENT.map((field) => [field, frame[field]])),
			client_message_id: frame.client_message_id,
			reply_to: frame.reply_to,
			thread_id: frame.thread_id,
			version: frame.version ?? 0,
			edited_at: frame.edited_at,
			deleted: frame.deleted ?? false,
			// The server reports them by their first use, the SDK by name.
			reactions: reactions.toSorted((a, b) =>
				String(a.reaction) < String(b.reaction) ? -1 : 1,
			),
			pinned: frame.pinned ?? false,
			thread: frame.thread,
		}),
	};
}

/** Returns the fields that are not undefined, because JSON has no others. */
export function defined(fields: Wire): Wire {
	return Object.fromEntries(
		Object.entries(fields).filter(([, value]) => value !== undefined),
	);
}

interface Kept {
	/** The `chat` frame with its newest content. */
	frame: Wire;
	/** Users of each reaction, in the order in which they set it. */
	readonly reactions: Map<string, Set<string>>;
	isPinned: boolean;
}

/**
 * Messages as a client keeps them that follows the protocol's text: it applies each entry once, in order. It shares no
 * code with the SDK.
 */
export class Mirror {
	readonly #kept = new Map<string, Kept>();

	/** Applies the next entry. Returns false if it amends a message that never came. */
	apply(frame: Wire): boolean {
		if (!isAmendment(frame)) {
			const { message_id, deleted } = frame;
			const kept: Kept = { frame, reactions: new Map(), isPinned: false };
			this.#kept.set(String(message_id), kept);
			if (deleted === true) this.#erase(kept);
			return true;
		}
		const kept = this.#kept.get(String(frame.target_id));
		if (!kept) return false;
		if (kept.frame.deleted === true) return true;
		const { type, seq, sender_id, on } = frame;
		if (type === "delete" || frame.deleted === true) this.#erase(kept);
		else if (type === "edit") {
			const { version = seq } = frame;
			if (Number(version) < Number(kept.frame.version ?? 0)) return true;
			const content = Object.fromEntries(
				CONTENT.map((field) => [field, frame[field]]),
			);
			const edited_at = frame.edited_at ?? frame.timestamp;
			kept.frame = { ...kept.frame, ...content, version, edited_at };
		} else if (type === "pin") kept.isPinned = on === true;
		else {
			const name = String(frame.reaction);
			const users = kept.reactions.get(name) ?? new Set();
			kept.reactions.set(name, users);
			users.delete(String(sender_id));
			if (on === true) users.add(String(sender_id));
		}
		return true;
	}

	/** Returns the current content of a message, as an edit carries it. */
	contentOf(messageId: string): Wire {
		const { frame = {} } = this.#kept.get(messageId) ?? {};
		return Object.fromEntries(CONTENT.map((field) => [field, frame[field]]));
	}

	/** Returns what a user sees, in order. */
	rows(userId: string): Row[] {
		return [...this.#kept.values()].map((kept) =>
			rowOf({
				...kept.frame,
				reactions: this.#reactions(kept, userId),
				pinned: kept.isPinned,
				thread: this.#thread(String(kept.frame.message_id)),
			}),
		);
	}

	#erase(kept: Kept): void {
		const { reply_to, thread_id, client_message_id, ...frame } = kept.frame;
		const place = Object.fromEntries(
			["type", "seq", "message_id", "sender_id", "timestamp"].map((field) => [
				field,
				frame[field],
			]),
		);
		kept.frame = {
			...place,
			...{ reply_to, thread_id, client_message_id },
			...{ content: "", is_encrypted: false, message_type: "text" },
			...{ metadata: {}, deleted: true },
		};
		kept.reactions.clear();
		kept.isPinned = false;
	}

	#reactions({ reactions }: Kept, userId: string): Wire[] {
		return [...reactions]
			.filter(([, users]) => users.size > 0)
			.map(([reaction, users]) => ({
				reaction,
				count: users.size,
				me: users.has(userId),
				user_ids: [...users].slice(0, MOST_USERS),
			}));
	}

	#thread(rootId: string): Wire | undefined {
		const replies = [...this.#kept.values()]
			.map(({ frame }) => frame)
			.filter(({ thread_id, deleted }) => thread_id === rootId && !deleted)
			.reverse();
		return replies.length === 0
			? undefined
			: {
					count: replies.length,
					last_at: replies[0]?.timestamp,
					user_ids: [
						...new Set(replies.map(({ sender_id }) => sender_id)),
					].slice(0, MOST_REPLIERS),
				};
	}
}
