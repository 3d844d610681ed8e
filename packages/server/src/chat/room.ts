import {
	CloseCode,
	CloseReason,
	type Entry,
	encodeEntry,
	encodeFrame,
	type Role,
	rfc3339,
} from "@secureconnect/protocol";
import type { BusMessage } from "../bus/contract.ts";
import type { Scheduler } from "../fair/scheduler.ts";
import { type Flush, FrameQueue } from "./frame-queue.ts";
import type { Framing, Subscriber } from "./ports.ts";
import {
	ConversationPresence,
	type Departure,
	type PresenceEvents,
} from "./presence.ts";

/** Place of a connection in a conversation. */
export interface Attachment {
	readonly subscriber: Subscriber;
	/** `seq` of the next entry that the connection receives. */
	nextSeq: number;
	/**
	 * Events that are not in the log, the newest per key. Set while the connection reads from the log. The connection
	 * receives them when it is live again.
	 */
	deferred: Map<string, string> | undefined;
}

export interface RoomSettings {
	/** Milliseconds that a user may be away before the room sends `user_left`. */
	readonly presenceGraceMs: number;
	/** Number of online users above which the room no longer broadcasts joins and leaves. */
	readonly presenceBroadcastUsers: number;
}

export interface RoomEvents {
	/** The room has frames to write. */
	dirty(room: Room): void;
	/** The attachment is behind. The caller must send it entries from the log until {@link Room.goLive} takes it back. */
	behind(room: Room, attachment: Attachment): void;
	/** The room has no connection, and waits for no user to return. */
	empty(room: Room): void;
}

/** Frame that is not in the log. */
interface EventFrame {
	readonly json: string;
	/** Connection that does not receive the frame. */
	readonly origin: string | undefined;
	readonly mayBeDropped: boolean;
}

const MAX_PRESENCE_PER_SECOND = 50;
/** Typing is the first kind of frame to drop: no reader follows more people than this in one turn. */
const MAX_TYPING_PER_FLUSH = 50;
/**
 * Maximum number of deferred events for an attachment that reads from the log. Above it the room drops presence events,
 * but never watermarks.
 */
const MAX_DEFERRED = 100;

/** Connections of one conversation on this node, and the frames queued for them. */
export class Room {
	readonly conversationId: string;
	readonly presence: ConversationPresence;
	/** Number of writes to connections so far. A write holds one or more frames. */
	delivered = 0;
	readonly #attachments = new Map<string, Attachment>();
	readonly #behind = new Set<Attachment>();
	readonly #frames: FrameQueue;
	readonly #framing: Framing;
	/**
	 * Events in the queue that are not in the log, the newest per key. A connection that falls behind in this flush
	 * needs them.
	 */
	readonly #eventsDue = new Map<string, EventFrame>();
	/**
	 * Newest watermark of each user who moved it in this turn. The welcome of a new connection may already include,
	 * from the log, what a batch has just committed. If the room sent every step, that connection would see the
	 * watermark go back.
	 */
	readonly #readDue = new Map<string, { json: string; origin: string }>();
	readonly #settings: RoomSettings;
	readonly #events: RoomEvents;
	readonly #scheduler: Scheduler;
	/** Connections whose typing event is in the queue. */
	readonly #typing = new Set<string>();
	/** `#nextSeq` is the next entry that the room expects. `#flushedSeq` is the first entry still in the queue. */
	#nextSeq = 1;
	#flushedSeq = 1;
	/** Whether each user whose role the room has learned is a reader. */
	readonly #readers = new Map<string, boolean>();
	#isDeleted = false;
	#presenceSecond = 0;
	#presenceSent = 0;

	constructor(
		conversationId: string,
		settings: RoomSettings,
		framing: Framing,
		scheduler: Scheduler,
		events: RoomEvents,
	) {
		this.conversationId = conversationId;
		this.#settings = settings;
		this.#frames = new FrameQueue(framing);
		this.#framing = framing;
		this.#events = events;
		this.#scheduler = scheduler;
		const presenceEvents: PresenceEvents = {
			left: (userId) =>
				this.#announce("user_left", userId, undefined, undefined),
			empty: () => this.#events.empty(this),
		};
		this.presence = new ConversationPresence(
			scheduler,
			settings.presenceGraceMs,
			presenceEvents,
		);
	}

	get nextSeq(): number {
		return this.#nextSeq;
	}
	/** Returns the number of queued bytes that go to all connections. */
	get dueBytes(): number {
		return this.#frames.sharedBytes;
	}
	/** Returns, for each connection that reads from the log, how many entries it is behind. */
	get lags(): number[] {
		return Array.from(this.#behind, ({ nextSeq }) => this.#nextSeq - nextSeq);
	}
	/** Returns whether the room was deleted, so that no connection may join. */
	get isDeleted(): boolean {
		return this.#isDeleted;
	}
	get isEmpty(): boolean {
		return this.#attachments.size === 0 && this.presence.count === 0;
	}

	start(headSeq: number): void {
		this.#nextSeq = headSeq + 1;
		this.#flushedSeq = headSeq + 1;
	}

	/**
	 * Admits a connection at its own position. It receives `greeting`, its own `user_joined`, then the entries that it
	 * missed, then live frames.
	 * @param nextSeq first entry that it receives; not beyond the room's own `nextSeq`
	 */
	attach(
		subscriber: Subscriber,
		nextSeq: number,
		greeting: readonly string[],
		afterJoined: readonly string[],
	): Attachment {
		// A connection that reads from the log joins after the queue is written. Other connections skip what is in the
		// queue.
		const isBehind = nextSeq < this.#nextSeq;
		this.#readsAreDue();
		if (isBehind) this.flush();
		const joined = this.#userFrame(
			"user_joined",
			subscriber.userId,
			subscriber.name,
		);
		if (this.presence.enter(subscriber.userId, subscriber.name))
			this.#announce("user_joined", subscriber.userId, joined, subscriber.id);
		if (isBehind) this.flush();
		else this.#frames.skip(subscriber);
		const attachment: Attachment = { subscriber, nextSeq, deferred: undefined };
		this.#attachments.set(subscriber.id, attachment);
		subscriber.write(
			[...greeting, joined, ...afterJoined].map((json) =>
				this.#framing.frame(json),
			),
		);
		this.delivered++;
		if (this.#isDeleted) this.#end(attachment, CloseReason.deleted);
		else if (isBehind) this.#fallBehind(attachment);
		return attachment;
	}

	/** Takes a role that was read from the log. Entries that the room has received are newer. */
	learnRole(userId: string, role: Role): void {
		if (role === "reader" && !this.#readers.has(userId))
			this.#readers.set(userId, true);
	}

	isReader(userId: string): boolean {
		return this.#readers.get(userId) ?? false;
	}

	detach(attachment: Attachment, how: Departure): void {
		this.#behind.delete(attachment);
		if (!this.#attachments.delete(attachment.subscriber.id)) return;
		this.presence.leave(attachment.subscriber.userId, how);
		if (this.isEmpty) this.#events.empty(this);
	}

	has(attachment: Attachment): boolean {
		return this.#attachments.has(attachment.subscriber.id);
	}

	/** Takes the next entry. The caller passes each entry once, in order of `seq`. */
	append(entry: Entry): void {
		const json = encodeEntry(entry);
		// Such an entry was read to fill a gap. A plain client would show it as an empty message.
		if (entry.isErased) this.#frames.toAllExcept(json, this.#plainIds());
		else this.#frames.toAll(json);
		this.#nextSeq = entry.seq + 1;
		if (entry.type === "participant_removed") {
			// The removed user may not see later entries, so this entry ends the write.
			this.flush();
			const userId = removedUser(entry);
			this.#readers.delete(userId);
			this.#expel(userId);
			return;
		}
		if (entry.type === "role_changed") {
			const { user_id, role } = JSON.parse(entry.body) as RoleBody;
			this.#readers.set(user_id, role === "reader");
		}
		this.#events.dirty(this);
	}

	/** Takes an event that is not in the log. */
	relay(message: Exclude<BusMessage, { kind: "entries" | "deleted" }>): void {
		const about = {
			conversationId: this.conversationId,
			senderId: message.userId,
		};
		const timestamp = rfc3339(message.timestamp);
		if (message.kind === "typing") {
			// One event per connection and turn is enough: a connection that floods cannot make its room write more.
			if (
				this.#typing.has(message.origin) ||
				this.#typing.size >= MAX_TYPING_PER_FLUSH
			)
				return;
			this.#typing.add(message.origin);
			const json = encodeFrame({ type: "typing", ...about, timestamp });
			this.#frames.toOthers(json, message.origin);
		} else {
			const json = encodeFrame({
				type: "read",
				...about,
				messageId: message.messageId,
				timestamp,
			});
			this.#readDue.set(message.userId, { json, origin: message.origin });
			this.#deferrable(`read ${message.userId}`, {
				json,
				origin: message.origin,
				mayBeDropped: false,
			});
		}
		this.#events.dirty(this);
	}

	/** Queues a frame for one connection, in order with the frames for the whole room. */
	reply(attachment: Attachment, json: string): void {
		if (!this.has(attachment)) return;
		this.#frames.toOne(json, attachment.subscriber);
		this.#events.dirty(this);
	}

	#readsAreDue(): void {
		for (const { json, origin } of this.#readDue.values())
			this.#frames.toOthers(json, origin);
		this.#readDue.clear();
	}

	/** Writes all queued frames, with one write per connection. */
	flush(): void {
		this.#readsAreDue();
		if (this.#frames.isEmpty) return;
		this.#typing.clear();
		this.#write(this.#frames.take(), this.#attachments.values());
		this.#eventsDue.clear();
	}

	/** Returns an attachment to live delivery after it has read up to the room's next entry. */
	goLive(attachment: Attachment): void {
		// The attachment has already read the queued entries from the log.
		this.flush();
		for (const json of attachment.deferred?.values() ?? [])
			this.#frames.toOne(json, attachment.subscriber);
		attachment.deferred = undefined;
		this.#behind.delete(attachment);
		this.#write(this.#frames.take(), [attachment]);
	}

	/** Removes and closes a connection because its user is no longer a participant. */
	expel(attachment: Attachment): void {
		this.#end(attachment, CloseReason.removed);
	}

	/** Closes every connection, because the conversation was deleted. */
	delete(): void {
		this.#isDeleted = true;
		this.flush();
		for (const attachment of this.#attachments.values())
			this.#end(attachment, CloseReason.deleted);
	}

	#plainIds(): string[] {
		return [...this.#attachments.values()].flatMap(({ subscriber }) =>
			subscriber.isV1 ? [] : [subscriber.id],
		);
	}

	#end(attachment: Attachment, reason: string): void {
		this.detach(attachment, "left");
		attachment.subscriber.close(CloseCode.policyViolation, reason);
	}

	#write(flush: Flush, attachments: Iterable<Attachment>): void {
		const first = this.#flushedSeq;
		this.#flushedSeq = this.#nextSeq;
		for (const attachment of attachments) {
			const { subscriber } = attachment;
			const joined = subscriber.takesCompact ? flush.compact : flush.plain;
			const special = joined.special.get(subscriber.id);
			if (attachment.deferred) {
				// Answers to the connection's own frames do not wait. The connection reads everything else from the log.
				if (special?.own.length) subscriber.write(special.own);
				continue;
			}
			const entriesDue = first !== this.#nextSeq;
			if (
				subscriber.isFull ||
				// A connection that has just joined is ahead: the flush leaves out the frames queued before it joined.
				(entriesDue && attachment.nextSeq < first)
			) {
				if (special?.own.length) subscriber.write(special.own);
				this.#fallBehind(attachment);
				continue;
			}
			const parts = special ? special.all : joined.common;
			if (parts.length > 0) {
				subscriber.write(parts);
				this.delivered++;
			}
			if (entriesDue) attachment.nextSeq = this.#nextSeq;
		}
	}

	#fallBehind(attachment: Attachment): void {
		// The events of this flush are not in the log, so the attachment could not read them there.
		attachment.deferred = new Map();
		for (const [key, event] of this.#eventsDue) defer(attachment, key, event);
		this.#behind.add(attachment);
		this.#events.behind(this, attachment);
	}

	/** Keeps an event for attachments that are behind, and for those that fall behind in this flush. */
	#deferrable(key: string, event: EventFrame): void {
		this.#eventsDue.set(key, event);
		for (const attachment of this.#behind) defer(attachment, key, event);
	}

	#expel(userId: string): void {
		for (const attachment of [...this.#attachments.values()])
			if (attachment.subscriber.userId === userId) this.expel(attachment);
	}

	#announce(
		type: "user_joined" | "user_left",
		userId: string,
		frame: string | undefined,
		origin: string | undefined,
	): void {
		const second = Math.floor(this.#scheduler.now() / 1000);
		if (second !== this.#presenceSecond) {
			this.#presenceSecond = second;
			this.#presenceSent = 0;
		}
		if (
			this.presence.count > this.#settings.presenceBroadcastUsers ||
			++this.#presenceSent > MAX_PRESENCE_PER_SECOND
		)
			return;
		const json = frame ?? this.#userFrame(type, userId, undefined);
		this.#frames.toAll(json);
		this.#deferrable(`presence ${userId}`, {
			json,
			origin,
			mayBeDropped: true,
		});
		this.#events.dirty(this);
	}

	#userFrame(
		type: "user_joined" | "user_left",
		userId: string,
		name: string | undefined,
	): string {
		return encodeFrame({
			type,
			conversationId: this.conversationId,
			senderId: userId,
			...(name === undefined ? {} : { name }),
			timestamp: rfc3339(this.#scheduler.now()),
		});
	}
}

function defer(
	{ subscriber, deferred }: Attachment,
	key: string,
	{ json, origin, mayBeDropped }: EventFrame,
): void {
	if (!deferred || origin === subscriber.id) return;
	// A later event of the same user always replaces the stored one: "joined" alone would be wrong after the user left.
	if (!mayBeDropped || deferred.has(key) || deferred.size < MAX_DEFERRED)
		deferred.set(key, json);
}

type RoleBody = { readonly user_id: string; readonly role: Role };

function removedUser(entry: Entry): string {
	return (JSON.parse(entry.body) as { user_id: string }).user_id;
}
