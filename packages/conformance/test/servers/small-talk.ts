/** Frames of a small server: what its connections send, and what they get. */
import type { WebSocket } from "ws";
import { picked } from "./small-amendments.ts";
import { type Identity, UUID } from "./small-door.ts";
import { checkFrame } from "./small-frames.ts";
import type { Conversation, Entry, Fields } from "./small-log.ts";
import { SmallWrites } from "./small-writes.ts";

export interface Connection {
	readonly ws: WebSocket;
	readonly conversation: Conversation;
	readonly v1: boolean;
	identity: Identity;
	/** Next entry to send. The connection is live once it has caught up. */
	nextSeq: number;
	live: boolean;
	pongAt: number;
	invalid: number;
	gone: boolean;
}

const MAX_INVALID = 20;

export abstract class SmallTalk extends SmallWrites {
	readonly connections = new Set<Connection>();

	/** Sends an entry on a connection. */
	abstract deliver(connection: Connection, entry: Entry): void;
	/** Closes a connection with 1008. */
	abstract putOut(connection: Connection, reason: string): void;

	broadcast(conversation: Conversation, entry: Entry): void {
		for (const connection of this.audience(conversation))
			if (connection.live) this.deliver(connection, entry);
	}

	receive(connection: Connection, data: Buffer, isBinary: boolean): void {
		if (connection.gone) return;
		if (isBinary) {
			connection.ws.close(1003);
			return;
		}
		const checked = checkFrame(data.toString(), connection.v1);
		if (!checked.ok) {
			this.refuse(connection, checked.code, checked.frame);
			return;
		}
		this.handle(connection, checked.frame);
	}

	/** Handles a valid frame. */
	handle(connection: Connection, frame: Fields): void {
		switch (frame.type) {
			case "typing":
				this.typing(connection);
				break;
			case "read":
				this.read(connection, String(frame.message_id).toLowerCase());
				break;
			case "auth":
				void this.auth(connection, String(frame.access_token));
				break;
			default:
				this.command(connection, frame);
		}
	}

	refuse(connection: Connection, code: string, frame?: Fields): void {
		this.error(connection, code, frame);
		if (++connection.invalid >= MAX_INVALID)
			this.putOut(connection, "too many invalid frames");
	}

	command(connection: Connection, frame: Fields): void {
		const { conversation, identity } = connection;
		if (!conversation.participants.has(identity.userId)) {
			this.error(connection, "not_participant", frame);
			return;
		}
		const stored = this.store(conversation, identity, frame);
		if ("refused" in stored) this.error(connection, stored.refused, frame);
		else if (stored.repeated || !this.getsCopies(connection))
			this.send(connection, {
				type: "ack",
				...this.idOf(frame),
				...picked(stored.entry, ["message_id", "seq", "timestamp"]),
			});
	}

	/** Whether a connection receives the entries of its conversation. */
	getsCopies(_connection: Connection): boolean {
		return true;
	}

	typing(connection: Connection): void {
		const { conversation, identity } = connection;
		if (this.amendments.onlyReads(conversation.roleOf(identity.userId))) return;
		const { name: _, ...typing } = this.about("typing", conversation, identity);
		for (const other of this.of(conversation))
			if (!this.withholdsTyping(other) && this.hearsTyping(other, connection))
				this.send(other, typing);
	}

	withholdsTyping({ live }: Connection): boolean {
		return !live;
	}

	hearsTyping(other: Connection, from: Connection): boolean {
		return other !== from;
	}

	read(connection: Connection, messageId: string): void {
		const { conversation, identity } = connection;
		const entry = this.readable(conversation, messageId);
		if (!entry) {
			this.error(connection, "unknown_message");
			return;
		}
		const { userId } = identity;
		const { read: watermarks, reported } = conversation;
		const moves = this.movesWatermark(reported.get(userId) ?? 0, entry.seq);
		this.changes.reads(conversation, userId, moves);
		if (!moves) return;
		reported.set(userId, entry.seq);
		if (this.movesWatermark(watermarks.get(userId)?.seq ?? 0, entry.seq))
			watermarks.set(userId, entry);
		const { name: _, ...read } = this.about("read", conversation, identity);
		this.toOthers(conversation, { ...read, message_id: messageId }, connection);
	}

	readable(conversation: Conversation, messageId: string): Entry | undefined {
		return conversation.message(messageId);
	}

	movesWatermark(before: number, seq: number): boolean {
		return seq > before;
	}

	async auth(connection: Connection, token: string): Promise<void> {
		let identity: Identity;
		try {
			identity = await this.identify(token);
		} catch {
			this.badAuth(connection);
			return;
		}
		if (identity.userId !== connection.identity.userId) {
			this.putOut(connection, "token of another user");
			return;
		}
		connection.identity = identity;
		this.send(connection, {
			type: "auth_ok",
			expires_at: new Date(identity.expiresAt).toISOString(),
			timestamp: new Date().toISOString(),
		});
	}

	badAuth(connection: Connection): void {
		this.error(connection, "unauthorized");
	}

	/** Returns the connections that receive a conversation's entries. */
	audience(conversation: Conversation): Connection[] {
		return this.of(conversation);
	}

	of(conversation: Conversation): Connection[] {
		return [...this.connections].filter((c) => c.conversation === conversation);
	}

	/** Returns the connections that show their users as online. */
	present(conversation: Conversation): Connection[] {
		return this.of(conversation);
	}

	send({ ws }: Connection, frame: Fields): void {
		ws.send(JSON.stringify(frame));
	}

	toOthers(conversation: Conversation, frame: Fields, but: Connection): void {
		for (const connection of this.of(conversation))
			if (connection !== but) this.send(connection, frame);
	}

	error(connection: Connection, code: string, frame?: Fields): void {
		const id = frame?.client_message_id;
		this.send(connection, {
			type: "error",
			code,
			message: code.replaceAll("_", " "),
			timestamp: new Date().toISOString(),
			...(typeof id === "string" && UUID.test(id)
				? { client_message_id: id.toLowerCase() }
				: {}),
		});
	}

	about(
		type: string,
		{ id }: Conversation,
		{ userId, name }: Identity,
	): Fields {
		return {
			type,
			conversation_id: id,
			sender_id: userId,
			...(name === undefined ? {} : { name }),
			timestamp: new Date().toISOString(),
		};
	}

	welcome({ conversation, identity }: Connection, recovered: boolean): Fields {
		const present = new Map(
			this.present(conversation).map((c) => [
				c.identity.userId,
				{ user_id: c.identity.userId },
			]),
		);
		return {
			type: "welcome",
			conversation_id: conversation.id,
			user_id: identity.userId,
			epoch: this.epoch,
			head_seq: conversation.head,
			recovered,
			present: [...present.values()].slice(0, 100),
			present_count: present.size,
			read: this.watermarks(conversation).map(({ user_id, read }) => ({
				user_id,
				...read,
			})),
			limits: {
				max_message_bytes: this.options.maxBytes,
				max_metadata_bytes: 16_384,
				max_depth: 16,
				max_message_type_length: 64,
			},
			intervals: {
				ping_ms: this.options.pingIntervalMs,
				pong_timeout_ms: this.options.pongTimeoutMs,
			},
			expires_at: new Date(identity.expiresAt).toISOString(),
			timestamp: new Date().toISOString(),
		};
	}

	watermarks(conversation: Conversation) {
		return Array.from(conversation.read, ([user_id, { message_id, seq }]) => ({
			user_id,
			read: { message_id, seq },
		}));
	}
}
