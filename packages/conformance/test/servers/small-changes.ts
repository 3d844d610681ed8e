/** A small server's rules for changes of conversations, direct conversations, blocks and users' own settings. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { type Identity, Refused } from "./small-door.ts";
import {
	Conversation,
	type Fields,
	type OwnSettings,
	type Role,
} from "./small-log.ts";

const DEFAULTS: OwnSettings = {
	muted_until: null,
	archived: false,
	favourite: false,
	marked_unread: false,
};

export class SmallChanges {
	/** Direct conversation of each pair of users. */
	readonly #direct = new Map<string, Conversation>();
	/** Users whom each user has blocked. */
	readonly blocks = new Map<string, Set<string>>();

	/** Checks that a user may change a conversation. @throws {Refused} if not */
	checkOwner(conversation: Conversation, { userId, admin }: Identity): void {
		if (!admin && !conversation.isOwner(userId))
			throw new Refused(403, "not an owner");
	}

	/** @throws {Refused} if a conversation is direct */
	checkGroup({ directUsers }: Conversation): void {
		if (directUsers.size > 0) throw new Refused(409, "direct conversation");
	}

	/** Changes a conversation. Returns the fields that have new values. */
	change(conversation: Conversation, body: Fields): Fields {
		const fields = Object.fromEntries(
			Object.entries(body).filter(
				([name, value]) =>
					["title", "metadata", "closed"].includes(name) &&
					this.isNew(conversation[name as "title"], value),
			),
		);
		Object.assign(conversation, fields);
		return fields;
	}

	isNew(before: unknown, after: unknown): boolean {
		return !isDeepStrictEqual(before, after);
	}

	/** Gives a participant a role. @returns whether it is a different role @throws {Refused} */
	assign({ participants }: Conversation, userId: string, role: Role): boolean {
		const participant = participants.get(userId);
		if (!participant) throw new Refused(404, "unknown participant");
		if (participant.role === role) return false;
		const owners = [...participants.values()].filter(
			(it) => it.role === "owner",
		);
		if (participant.role === "owner" && this.areTooFew(owners.length - 1))
			throw new Refused(409, "last owner");
		participant.role = role;
		return true;
	}

	areTooFew(owners: number): boolean {
		return owners < 1;
	}

	// --- direct conversations

	/** Returns the direct conversation of two users, and whether this call created it. @throws {Refused} */
	direct(
		userId: string,
		otherId: string,
	): { conversation: Conversation; created: boolean } {
		const key = this.pairKey(userId, otherId);
		const found = this.#direct.get(key);
		if (found) return { conversation: found, created: false };
		if (this.isBlocked(userId, otherId)) throw new Refused(403, "forbidden");
		const conversation = new Conversation(randomUUID(), userId, null, {});
		conversation.add(otherId);
		for (const participant of conversation.participants.values())
			participant.role = this.directRole();
		conversation.directUsers.set(userId, otherId).set(otherId, userId);
		this.#direct.set(key, conversation);
		return { conversation, created: true };
	}

	/** Whether a user has blocked another user. */
	isBlocked(userId: string, by: string): boolean {
		return this.blocks.get(by)?.has(userId) === true;
	}

	/** Forgets a deleted conversation. */
	forget(conversation: Conversation): void {
		this.#direct.delete(this.pairKey(...conversation.directUsers.keys()));
	}

	pairKey(...users: string[]): string {
		return users.toSorted().join(" ");
	}

	directRole(): Role {
		return "member";
	}

	/** Returns the kind of a conversation, as a user sees it. */
	kind({ directUsers }: Conversation, userId: string): Fields {
		const other = directUsers.get(userId);
		return directUsers.size === 0
			? { kind: "group" }
			: { kind: "direct", ...(other && { direct_user: other }) };
	}

	// --- own settings

	settings(conversation: Conversation, userId: string): OwnSettings {
		return conversation.settings.get(this.settingsKey(userId)) ?? DEFAULTS;
	}

	configure(
		conversation: Conversation,
		userId: string,
		body: Partial<OwnSettings>,
	): OwnSettings {
		const settings = { ...this.settings(conversation, userId), ...body };
		conversation.settings.set(this.settingsKey(userId), settings);
		return settings;
	}

	settingsKey(userId: string): string {
		return userId;
	}

	/** Clears the mark of a user who reads. @param _moves whether the watermark moves */
	reads(conversation: Conversation, userId: string, _moves: boolean): void {
		this.configure(conversation, userId, { marked_unread: false });
	}
}
