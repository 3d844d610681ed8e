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

export interface Participant {
	readonly userId: string;
	role: "owner" | "member";
	readonly joinedAt: string;
}

export class Conversation {
	readonly id: string;
	readonly title: string | null;
	readonly metadata: Fields;
	readonly createdBy: string;
	readonly createdAt = new Date().toISOString();
	updatedAt = performance.now();
	readonly participants = new Map<string, Participant>();
	/** Users whom a different user removed. */
	readonly removed = new Set<string>();
	readonly entries: Entry[] = [];
	readonly read = new Map<string, Entry>();

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

	add(userId: string, role: "owner" | "member" = "member"): void {
		this.removed.delete(userId);
		if (!this.participants.has(userId))
			this.participants.set(userId, {
				userId,
				role,
				joinedAt: new Date().toISOString(),
			});
	}

	isOwner(userId: string): boolean {
		return this.participants.get(userId)?.role === "owner";
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
}

/** Creates a UUID of version 7 (RFC 9562, section 5.7). */
export function uuidV7(): string {
	const time = Date.now().toString(16).padStart(12, "0");
	const random = randomBytes(10).toString("hex");
	return `${time.slice(0, 8)}-${time.slice(8)}-7${random.slice(0, 3)}-8${random.slice(3, 6)}-${random.slice(6, 18)}`;
}
