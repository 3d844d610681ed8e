/** Rules of a small server for messages and their amendments: who may write them, and what they change. */
import type { Identity } from "./small-door.ts";
import type { Conversation, Entry, Fields, Mark, Role } from "./small-log.ts";

const CONTENT = [
	"content",
	"is_encrypted",
	"message_type",
	"metadata",
	"mentions",
];
const AMENDED = ["reply_to", "thread_id", "version", "edited_at", "deleted"];
const MAX_REACTIONS = 20;
const MAX_PINS = 50;

export class SmallAmendments {
	/** Returns the error code for a command; undefined if the user may give it. */
	refusal(
		conversation: Conversation,
		identity: Identity,
		frame: Fields,
	): string | undefined {
		const role = conversation.roleOf(identity.userId);
		if (this.isReadOnly(conversation, role, frame)) return "read_only";
		if (frame.type === "chat")
			return this.badReference(conversation, frame)
				? "unknown_message"
				: this.badMention(role, frame)
					? "forbidden"
					: undefined;
		const target = this.target(conversation, frame);
		if (!target) return "unknown_message";
		if (!this.mayAmend(target, identity, role, frame)) return "forbidden";
		if (this.isTooLate(target)) return "message_deleted";
		if (this.isStale(target, frame)) return "version_conflict";
		return this.exceeds(conversation, target, frame)
			? "limit_reached"
			: undefined;
	}

	isReadOnly(
		{ closed }: Conversation,
		role: Role | undefined,
		{ type }: Fields,
	): boolean {
		return (closed && type !== "delete") || this.onlyReads(role);
	}

	onlyReads(role: Role | undefined): boolean {
		return role === "reader";
	}

	badReference(
		conversation: Conversation,
		{ reply_to, thread_id }: Fields,
	): boolean {
		const root = conversation.message(thread_id);
		return (
			(reply_to !== undefined && !conversation.message(reply_to)) ||
			(thread_id !== undefined && (!root || root.thread_id !== undefined))
		);
	}

	badMention(role: Role | undefined, { mentions }: Fields): boolean {
		return (
			(mentions as { all?: boolean } | undefined)?.all === true &&
			!this.mayMentionAll(role)
		);
	}

	mayMentionAll(role: Role | undefined): boolean {
		return role === "owner" || role === "moderator";
	}

	target(conversation: Conversation, { target_id }: Fields): Entry | undefined {
		return conversation.message(target_id);
	}

	mayAmend(
		{ sender_id }: Entry,
		{ userId, admin }: Identity,
		role: Role | undefined,
		frame: Fields,
	): boolean {
		if (frame.type === "edit")
			return this.mayEdit(sender_id, userId) && !this.badMention(role, frame);
		if (frame.type !== "delete") return true;
		return admin || sender_id === userId || this.mayDelete(role);
	}

	mayEdit(author: string, userId: string): boolean {
		return author === userId;
	}

	/** Whether a role may delete other users' messages. */
	mayDelete(role: Role | undefined): boolean {
		return role === "owner" || role === "moderator";
	}

	isTooLate({ deleted }: Entry): boolean {
		return deleted === true;
	}

	isStale({ version = 0 }: Entry, { if_version }: Fields): boolean {
		return if_version !== undefined && if_version !== version;
	}

	exceeds(
		{ marks }: Conversation,
		{ message_id }: Entry,
		{ on, type, reaction }: Fields,
	): boolean {
		if (on !== true) return false;
		const set = [...marks.values()].filter((mark) => mark.on);
		if (type === "pin") {
			const pins = set.filter((mark) => mark.reaction === undefined);
			return (
				pins.length >= this.maxPins() &&
				pins.every(({ targetId }) => targetId !== message_id)
			);
		}
		const reactions = new Set(
			set
				.filter(({ targetId }) => targetId === message_id)
				.flatMap((mark) => mark.reaction ?? []),
		);
		return reactions.size >= MAX_REACTIONS && !reactions.has(String(reaction));
	}

	maxPins(): number {
		return MAX_PINS;
	}

	/** Returns the entry that a reaction or pin leaves as it is; undefined if the command changes something. */
	unchanged(
		conversation: Conversation,
		userId: string,
		frame: Fields,
	): Entry | undefined {
		if (typeof frame.on !== "boolean") return undefined;
		const mark = conversation.marks.get(this.markKey(userId, frame));
		if ((mark?.on ?? false) !== frame.on) return undefined;
		return mark?.entry ?? conversation.message(frame.target_id);
	}

	/** Changes the target of a new entry. */
	apply(conversation: Conversation, entry: Entry, frame: Fields): void {
		const target = conversation.message(entry.target_id);
		if (!target) return;
		switch (entry.type) {
			case "edit":
				this.edit(target, entry, frame);
				break;
			case "delete":
				this.erase(conversation, target);
				break;
			default:
				this.mark(conversation, entry);
		}
	}

	edit(target: Entry, { seq, timestamp }: Entry, frame: Fields): void {
		Object.assign(target, picked(frame, CONTENT), {
			version: seq,
			edited_at: timestamp,
		});
	}

	erase(conversation: Conversation, target: Entry): void {
		const { message_id } = target;
		this.empty(target);
		for (const entry of conversation.entries)
			if (entry.target_id === message_id && "reaction" in entry)
				entry.reaction = "";
		for (const [key, mark] of conversation.marks)
			if (mark.targetId === message_id && this.unsets(mark))
				conversation.marks.delete(key);
	}

	empty(target: Entry): void {
		for (const field of ["mentions", "version", "edited_at"])
			delete (target as Fields)[field];
		Object.assign(target, {
			content: "",
			is_encrypted: false,
			message_type: "text",
			metadata: {},
			deleted: true,
		});
	}

	/** Whether the deletion of a message removes a mark. */
	unsets(_mark: Mark): boolean {
		return true;
	}

	mark({ marks }: Conversation, entry: Entry): void {
		const key = this.markKey(entry.sender_id, entry);
		// Deleted first, so that the marks are in the order in which they were set.
		marks.delete(key);
		marks.set(key, {
			entry,
			targetId: String(entry.target_id),
			reaction:
				entry.reaction === undefined ? undefined : String(entry.reaction),
			on: entry.on === true,
		});
	}

	/** Returns the key of a pin, or of a user's reaction. */
	markKey(userId: string, { type, target_id, reaction }: Fields): string {
		return type === "pin"
			? `pin ${target_id}`
			: `${userId} ${target_id} ${reaction}`;
	}

	/** Returns the frame of an entry as it is now. An edit has the content of its message. */
	shown(conversation: Conversation, entry: Entry): Entry {
		const target =
			entry.type === "edit" && conversation.message(entry.target_id);
		return target
			? { ...entry, ...picked(target, [...CONTENT, ...AMENDED]) }
			: entry;
	}

	/** Whether a replay to a plain client contains an entry. */
	isForPlainClients({ deleted }: Entry): boolean {
		return deleted !== true;
	}
}

/** Returns the named fields that an object has. */
export function picked(fields: Fields, names: readonly string[]): Fields {
	return Object.fromEntries(
		names.flatMap((name) =>
			fields[name] === undefined ? [] : [[name, fields[name]]],
		),
	);
}
