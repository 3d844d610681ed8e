/** What a small server reports about its messages: folds, threads and counts. */
import type { Conversation, Entry, Fields, Mark } from "./small-log.ts";

interface Mentions {
	readonly user_ids?: readonly string[];
	readonly all?: boolean;
}

const AMENDMENTS = ["edit", "delete", "reaction", "pin"];
const MAX_USERS = 10;
const MAX_REPLIERS = 5;

export class SmallFolds {
	/** Returns an entry with its reactions, its pin and its thread, as a user sees it. */
	folded(conversation: Conversation, entry: Entry, userId: string): Fields {
		if (entry.type !== "chat") return entry;
		const marks = [...conversation.marks.values()].filter(
			({ targetId, on }) => on && targetId === entry.message_id,
		);
		const reactions = this.reactions(marks, userId);
		const thread = this.thread(conversation, entry);
		return {
			...entry,
			...(reactions.length > 0 && { reactions }),
			...(marks.some(isPin) && { pinned: true }),
			...(thread && { thread }),
		};
	}

	reactions(marks: readonly Mark[], userId: string): Fields[] {
		const users = new Map<string, string[]>();
		for (const { reaction, entry } of marks)
			if (reaction !== undefined)
				users.set(reaction, [...(users.get(reaction) ?? []), entry.sender_id]);
		return Array.from(users, ([reaction, ids]) => ({
			reaction,
			count: ids.length,
			me: ids.includes(userId),
			user_ids: ids.slice(0, MAX_USERS),
		}));
	}

	thread(conversation: Conversation, root: Entry): Fields | undefined {
		const replies = this.replies(conversation, root.message_id);
		const last = replies.at(-1);
		if (!last) return undefined;
		const standing = replies.filter((reply) => this.countsInThread(reply));
		const users = new Set(standing.toReversed().map((it) => it.sender_id));
		return {
			count: standing.length,
			last_at: last.timestamp,
			user_ids: [...users].slice(0, MAX_REPLIERS),
		};
	}

	countsInThread({ deleted }: Entry): boolean {
		return deleted !== true;
	}

	replies({ entries }: Conversation, rootId: string): Entry[] {
		return entries.filter(({ thread_id }) => thread_id === rootId);
	}

	/** Whether `view=timeline` contains an entry. */
	isInTimeline({ type }: Entry): boolean {
		return !AMENDMENTS.includes(type);
	}

	/** Returns the pinned messages in their order. */
	pins({ entries, marks }: Conversation): Entry[] {
		const pinned = new Set(
			[...marks.values()]
				.filter((mark) => mark.on && isPin(mark))
				.map(({ targetId }) => targetId),
		);
		return entries.filter(({ message_id }) => pinned.has(message_id));
	}

	/** Returns the message that `GET .../messages/{id}` returns. */
	one(conversation: Conversation, id: string): Entry | undefined {
		return conversation.message(id);
	}

	// --- counts

	counts(conversation: Conversation, userId: string): Fields {
		const read = this.readUpTo(conversation, userId);
		const later = conversation.entries.filter(
			({ type, seq }) => type === "chat" && seq > read,
		);
		return {
			read_seq: read,
			unread: later.filter((entry) => this.isUnread(entry)).length,
			mentions: later.filter(
				(entry) => this.isMention(entry) && mentionsUser(entry, userId),
			).length,
		};
	}

	/** Returns the last entry that does not count as unread. */
	readUpTo({ read, joinedAfter }: Conversation, userId: string): number {
		return Math.max(read.get(userId)?.seq ?? 0, joinedAfter.get(userId) ?? 0);
	}

	isUnread({ deleted }: Entry): boolean {
		return deleted !== true;
	}

	isMention(entry: Entry): boolean {
		return this.isUnread(entry);
	}
}

function mentionsUser({ mentions }: Entry, userId: string): boolean {
	const { user_ids = [], all = false } = (mentions ?? {}) as Mentions;
	return all || user_ids.includes(userId);
}

function isPin({ reaction }: Mark): boolean {
	return reaction === undefined;
}
