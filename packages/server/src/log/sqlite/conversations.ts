import type { DatabaseSync, StatementSync } from "node:sqlite";
import {
	encodeChangeBody,
	encodeRoleBody,
} from "@secureconnect/protocol/entries";
import type { Outcomes, Writes } from "../contract.ts";
import type { Head, Heads } from "./heads.ts";
import type { Membership } from "./membership.ts";
import { text } from "./rows.ts";
import { toOwnSettings } from "./views.ts";

/** Changes conversations, roles and the participants' own settings. */
export class Conversations {
	readonly #heads: Heads;
	readonly #members: Membership;
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync, heads: Heads, members: Membership) {
		this.#heads = heads;
		this.#members = members;
		this.#sql = prepare(db);
	}

	change(write: Writes["change"]): Outcomes["change"] {
		const head = this.#heads.find(write.conversationId);
		const reason = this.#members.whyNotOwner(head, write.actor);
		if (!head || reason) return refused(reason ?? "not_participant");
		const { title, metadata } = this.#sql.details.get(head.key) ?? {};
		const changed = {
			...(write.title !== undefined && write.title !== text(title)
				? { title: write.title }
				: {}),
			...(write.metadata !== undefined && write.metadata !== metadata
				? { metadata: write.metadata }
				: {}),
			...(write.closed !== undefined && write.closed !== head.isClosed
				? { closed: write.closed }
				: {}),
		};
		if (Object.keys(changed).length === 0) return { kind: "done" };
		this.#sql.setDetails.run(
			changed.title === undefined ? text(title) : changed.title,
			changed.metadata ?? String(metadata),
			head.key,
		);
		if (changed.closed !== undefined) {
			this.#sql.setClosed.run(changed.closed ? 1 : 0, head.key);
			head.isClosed = changed.closed;
		}
		return this.#append(
			head,
			"conversation_changed",
			write,
			encodeChangeBody(changed),
		);
	}

	assign(write: Writes["assign"]): Outcomes["assign"] {
		const { userId, role } = write;
		const head = this.#heads.find(write.conversationId);
		const reason = this.#members.whyNotOwner(head, write.actor);
		if (!head || reason) return refused(reason ?? "not_participant");
		if (this.#heads.isDirect(head)) return refused("direct_conversation");
		const participation = this.#members.find(head, userId);
		if (!participation) return refused("unknown_participant");
		if (participation.role === role) return { kind: "done" };
		if (participation.role === "owner" && head.ownerCount === 1)
			return refused("last_owner");
		this.#members.assign(head, userId, participation.role, role);
		return this.#append(
			head,
			"role_changed",
			write,
			encodeRoleBody(userId, role),
		);
	}

	configure(write: Writes["configure"]): Outcomes["configure"] {
		const { userId, settings } = write;
		const head = this.#heads.find(write.conversationId);
		if (!head || !this.#members.find(head, userId))
			return refused("not_participant");
		const stored = this.#sql.participant.get(head.key, userId);
		if (!stored) return refused("not_participant");
		const next = { ...toOwnSettings(stored), ...settings };
		this.#sql.configure.run(
			next.mutedUntil,
			next.archived ? 1 : 0,
			next.favourite ? 1 : 0,
			next.markedUnread ? 1 : 0,
			head.key,
			userId,
		);
		return { kind: "configured", settings: next };
	}

	#append(
		head: Head,
		type: "conversation_changed" | "role_changed",
		{ actor, messageId, timestamp }: Writes["change"] | Writes["assign"],
		body: string,
	): Extract<Outcomes["change"], { kind: "stored" }> {
		const entry = this.#heads.append(head, {
			type,
			senderId: actor.userId,
			messageId,
			timestamp,
			clientMessageId: null,
			body,
		});
		return { kind: "stored", entry };
	}
}

function refused<R extends string>(reason: R): { kind: "refused"; reason: R } {
	return { kind: "refused", reason };
}

function prepare(db: DatabaseSync) {
	return {
		details: db.prepare(
			"SELECT title, metadata FROM conversation_details WHERE conversation_key = ?",
		),
		setDetails: db.prepare(
			"UPDATE conversation_details SET title = ?, metadata = ? WHERE conversation_key = ?",
		),
		setClosed: db.prepare("UPDATE conversations SET closed = ? WHERE key = ?"),
		participant: db.prepare(
			"SELECT * FROM participants WHERE conversation_key = ? AND user_id = ?",
		),
		configure: db.prepare(
			`UPDATE participants SET muted_until = ?, archived = ?, favourite = ?, marked_unread = ?
			 WHERE conversation_key = ? AND user_id = ?`,
		),
	} satisfies Record<string, StatementSync>;
}
