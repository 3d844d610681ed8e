/** A small server's data of a conversation: entries, participants, watermarks. In memory only. */
import { randomBytes } from "node:crypto";

export type Fields = Record<string, unknown>;

export interface Entry extends Fields {
	readonly type: string;
	readonly sender_id: string;
	readonly message_id: string;
	readonly timestamp: string;
	readonly seq: number;
	readonly client_message_id?: string;
}

export type Role = "owner" | "moderator" | "member" | "reader";

export interface Participant {
	readonly userId: string;
	role: Role;
	readonly joinedAt: string;
}

/** A command that its sender named with a `client_message_id`, and the entry that answered it. */
export interface Known {
	readonly command: Fields;
	readonly entry: Entry;
}

/** State of a pin or of one user's reaction, and the entry that set it. */
export interface Mark {
	readonly entry: Entry;
	readonly targetId: string;
	/** Undefined for a pin. */
	readonly reaction: string | undefined;
	readonly on: boolean;
}

/** A user's own settings for a conversation. */
export interface OwnSettings {
	readonly muted_until: string | null;
	readonly archived: boolean;
	readonly favourite: boolean;
	readonly marked_unread: boolean;
}

export class Conversation {
	readonly id: string;
	title: string | null;
	metadata: Fields;
	closed = false;
	/** The other user of each user of a direct conversation; empty for a group. */
	readonly directUsers = new Map<string, string>();
	readonly createdBy: string;
	readonly createdAt = new Date().toISOString();
	updatedAt = performance.now();
	readonly participants = new Map<string, Participant>();
	/** Users whom a different user removed. */
	readonly removed = new Set<string>();
	readonly entries: Entry[] = [];
	readonly read = new Map<string, Entry>();
	/** The newest entry that each user reported as read. Writing advances only `read`. */
	readonly reported = new Map<string, number>();
	/** Head at the moment when each user joined. */
	readonly joinedAfter = new Map<string, number>();
	readonly known = new Map<string, Known>();
	readonly marks = new Map<string, Mark>();
	readonly settings = new Map<string, OwnSettings>();

	constructor(
		id: string,
		createdBy: string,
		title: string | null,
		metadata: Fields,
	) {
		this.id = id;
		this.createdBy = createdBy;
		this.title = title;
		this.metadata = metadata;
		this.add(createdBy, "owner");
	}

	get head(): number {
		return this.entries.at(-1)?.seq ?? 0;
	}

	/** Adds a participant. @returns whether the user was none */
	add(userId: string, role: Role = "member"): boolean {
		this.removed.delete(userId);
		if (this.participants.has(userId)) return false;
		this.participants.set(userId, {
			userId,
			role,
			joinedAt: new Date().toISOString(),
		});
		this.joinedAfter.set(userId, this.head);
		return true;
	}

	roleOf(userId: string): Role | undefined {
		return this.participants.get(userId)?.role;
	}

	isOwner(userId: string): boolean {
		return this.roleOf(userId) === "owner";
	}

	/** Removes a participant. If the last owner leaves, the longest-standing participant becomes the owner. */
	remove(userId: string, by: string): void {
		this.participants.delete(userId);
		if (by !== userId) this.removed.add(userId);
		const rest = [...this.participants.values()];
		if (rest.every(({ role }) => role !== "owner") && rest[0])
			rest[0].role = "owner";
	}

	find(messageId: unknown): Entry | undefined {
		return this.entries.find(({ message_id }) => message_id === messageId);
	}

	/** Returns the chat message with an id. */
	message(messageId: unknown): Entry | undefined {
		const entry = this.find(messageId);
		return entry?.type === "chat" ? entry : undefined;
	}
}

/** Creates a UUID of version 7 (RFC 9562, section 5.7). */
export function uuidV7(): string {
	const time = Date.now().toString(16).padStart(12, "0");
	const random = randomBytes(10).toString("hex");
	return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
}
