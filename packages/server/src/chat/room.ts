import {
	CloseCode,
	CloseReason,
	type Entry,
	encodeEntry,
	encodeFrame,
	rfc3339,
} from "@secureconnect/protocol";
import type { BusMessage } from "../bus/contract.ts";
import { type Flush, Outbox } from "./outbox.ts";
import type { Framing, Now, Subscriber } from "./ports.ts";
import {
	ConversationPresence,
	type Departure,
	type PresenceEvents,
} from "./presence.ts";

/** A connection's place in a conversation. */
export interface Attachment {
	readonly subscriber: Subscriber;
	/** The `seq` of the next entry it is to get. */
	nextSeq: number;
	/** Set while it reads from the log: news that is not in the log, newest per key, for when it is done. */
	deferred: Map<string, string> | undefined;
}

export interface RoomSettings {
	/** Milliseconds a user may be away before `user_left`. */
	readonly presenceGraceMs: number;
	/** Users on line beyond which joining and leaving is no longer broadcast. */
	readonly presenceBroadcastUsers: number;
}

export interface RoomEvents {
	/** There is something to flush. */
	dirty(room: Room): void;
	/** An attachment is behind, and must be served from the log until {@link Room.goLive} takes it. */
	behind(room: Room, attachment: Attachment): void;
	/** Nobody is here, and nobody's absence is waited for. */
	empty(room: Room): void;
}

/** A frame that has no place in the log. */
interface News {
	readonly json: string;
	/** The connection that does not get it. */
	readonly origin: string | undefined;
	readonly mayBeDropped: boolean;
}

const MAX_PRESENCE_PER_SECOND = 50;
/** Typing is the first thing to drop: more people than this in one turn nobody reads. */
const MAX_TYPING_PER_FLUSH = 50;
/** News kept for an attachment that reads from the log, beyond which presence is dropped; watermarks are not. */
const MAX_DEFERRED = 100;

/** One conversation's connections on this node, and what is due to them. */
export class Room {
	readonly conversationId: string;
	readonly presence: ConversationPresence;
	/** Writes to connections so far, of one or more frames each. */
	delivered = 0;
	readonly #attachments = new Map<string, Attachment>();
	readonly #behind = new Set<Attachment>();
	readonly #outbox: Outbox;
	readonly #framing: Framing;
	/** What is in the outbox and not in the log, the newest per key, for those who fall behind in this very flush. */
	readonly #newsDue = new Map<string, News>();
	/**
	 * The newest watermark of each user who has moved it in this turn. A connection may have been welcomed, out of the
	 * log, with what a batch has just committed: told of every step up to there, it would see the watermark go back.
	 */
	readonly #readDue = new Map<string, { json: string; origin: string }>();
	readonly #settings: RoomSettings;
	readonly #events: RoomEvents;
	readonly #now: Now;
	/** Connections whose typing is in the outbox. */
	readonly #typing = new Set<string>();
	/** The next entry to come; and the first one that has not left the outbox. */
	#nextSeq = 1;
	#flushedSeq = 1;
	#presenceSecond = 0;
	#presenceSent = 0;

	constructor(
		conversationId: string,
		settings: RoomSettings,
		framing: Framing,
		now: Now,
		events: RoomEvents,
	) {
		this.conversationId = conversationId;
		this.#settings = settings;
		this.#outbox = new Outbox(framing);
		this.#framing = framing;
		this.#events = events;
		this.#now = now;
		const presenceEvents: PresenceEvents = {
			left: (userId) =>
				this.#announce("user_left", userId, undefined, undefined),
			empty: () => this.#events.empty(this),
		};
		this.presence = new ConversationPresence(
			settings.presenceGraceMs,
			presenceEvents,
		);
	}

	get nextSeq(): number {
		return this.#nextSeq;
	}
	/** Bytes that are due to every connection. */
	get dueBytes(): number {
		return this.#outbox.sharedBytes;
	}
	/** For each connection that reads from the log, how many entries it is behind. */
	get lags(): number[] {
		return Array.from(this.#behind, ({ nextSeq }) => this.#nextSeq - nextSeq);
	}
	get isEmpty(): boolean {
		return this.#attachments.size === 0 && this.presence.count === 0;
	}

	start(headSeq: number): void {
		this.#nextSeq = headSeq + 1;
		this.#flushedSeq = headSeq + 1;
	}

	/**
	 * Lets a connection in, at its own place: `greeting` first, its own `user_joined`, then what it missed, then live.
	 * @param nextSeq the first entry it is to get; not beyond the room's own.
	 */
	attach(
		subscriber: Subscriber,
		nextSeq: number,
		greeting: readonly string[],
		afterJoined: readonly string[],
	): Attachment {
		// Who reads from the log takes its place where everything has left the outbox; others pass over what is in it.
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
		else this.#outbox.skip(subscriber);
		const attachment: Attachment = { subscriber, nextSeq, deferred: undefined };
		this.#attachments.set(subscriber.id, attachment);
		subscriber.write(
			[...greeting, joined, ...afterJoined].map((json) =>
				this.#framing.frame(json),
			),
		);
		this.delivered++;
		if (isBehind) this.#fallBehind(attachment);
		return attachment;
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

	/** Takes the next entry; entries come once each, in order of `seq`. */
	append(entry: Entry): void {
		this.#outbox.toAll(encodeEntry(entry));
		this.#nextSeq = entry.seq + 1;
		if (entry.type === "participant_removed") {
			// What comes after this entry is not theirs to see, not even in the same write.
			this.flush();
			this.#expel(removedUser(entry));
		} else this.#events.dirty(this);
	}

	/** Takes news that has no place in the log. */
	relay(message: Exclude<BusMessage, { kind: "entries" }>): void {
		const about = {
			conversationId: this.conversationId,
			senderId: message.userId,
		};
		const timestamp = rfc3339(message.timestamp);
		if (message.kind === "typing") {
			// Once per turn says it all: a connection that floods does not make its room write more.
			if (
				this.#typing.has(message.origin) ||
				this.#typing.size >= MAX_TYPING_PER_FLUSH
			)
				return;
			this.#typing.add(message.origin);
			const json = encodeFrame({ type: "typing", ...about, timestamp });
			this.#outbox.toOthers(json, message.origin);
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

	/** Queues a frame for one connection, in order with what everyone gets. */
	reply(attachment: Attachment, json: string): void {
		if (!this.has(attachment)) return;
		this.#outbox.toOne(json, attachment.subscriber);
		this.#events.dirty(this);
	}

	#readsAreDue(): void {
		for (const { json, origin } of this.#readDue.values())
			this.#outbox.toOthers(json, origin);
		this.#readDue.clear();
	}

	/** Writes what is due, once per connection. */
	flush(): void {
		this.#readsAreDue();
		if (this.#outbox.isEmpty) return;
		this.#typing.clear();
		this.#write(this.#outbox.take(), this.#attachments.values());
		this.#newsDue.clear();
	}

	/** Puts an attachment that has read up to the room's next entry back among those that are pushed to. */
	goLive(attachment: Attachment): void {
		// What is due was read from the log already.
		this.flush();
		for (const json of attachment.deferred?.values() ?? [])
			this.#outbox.toOne(json, attachment.subscriber);
		attachment.deferred = undefined;
		this.#behind.delete(attachment);
		this.#write(this.#outbox.take(), [attachment]);
	}

	/** Takes a connection out because its user is no participant any more. */
	expel(attachment: Attachment): void {
		this.detach(attachment, "left");
		attachment.subscriber.close(CloseCode.policyViolation, CloseReason.removed);
	}

	#write(flush: Flush, attachments: Iterable<Attachment>): void {
		const first = this.#flushedSeq;
		this.#flushedSeq = this.#nextSeq;
		for (const attachment of attachments) {
			const { subscriber } = attachment;
			const joined = subscriber.takesCompact ? flush.compact : flush.plain;
			const special = joined.special.get(subscriber.id);
			if (attachment.deferred) {
				// Answers to its own frames do not wait; the rest it reads from the log.
				if (special?.own.length) subscriber.write(special.own);
				continue;
			}
			const entriesDue = first !== this.#nextSeq;
			if (
				subscriber.isFull ||
				// A newcomer is ahead: what is due before its place is left out for it.
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
		// What this flush would have brought it is not in the log either.
		attachment.deferred = new Map();
		for (const [key, news] of this.#newsDue) defer(attachment, key, news);
		this.#behind.add(attachment);
		this.#events.behind(this, attachment);
	}

	/** Keeps news for those who are behind, and for those who are about to be. */
	#deferrable(key: string, news: News): void {
		this.#newsDue.set(key, news);
		for (const attachment of this.#behind) defer(attachment, key, news);
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
		const second = Math.floor(this.#now() / 1000);
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
		this.#outbox.toAll(json);
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
			timestamp: rfc3339(this.#now()),
		});
	}
}

function defer(
	{ subscriber, deferred }: Attachment,
	key: string,
	{ json, origin, mayBeDropped }: News,
): void {
	if (!deferred || origin === subscriber.id) return;
	// Later news of the same user always replaces what was kept: "joined" alone would mislead.
	if (!mayBeDropped || deferred.has(key) || deferred.size < MAX_DEFERRED)
		deferred.set(key, json);
}

function removedUser(entry: Entry): string {
	return (JSON.parse(entry.body) as { user_id: string }).user_id;
}
