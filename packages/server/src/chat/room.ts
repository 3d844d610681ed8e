import {
	type Entry,
	encodeEntry,
	encodeFrame,
	type Role,
	rfc3339,
} from "@secureconnect/protocol";
import type { BusMessage } from "../bus/contract.ts";
import type { Scheduler } from "../fair/scheduler.ts";
import { type Flush, FrameQueue } from "./frame-queue.ts";
import type { Framing, SeatEnd, Subscriber } from "./ports.ts";
import {
	ConversationPresence,
	type Departure,
	type PresenceEvents,
} from "./presence.ts";
import { Seat } from "./seat.ts";

export interface RoomSettings {
	/** Milliseconds that a user may be away before the room sends `user_left`. */
	readonly presenceGraceMs: number;
	/** Number of online users above which the room no longer broadcasts joins and leaves. */
	readonly presenceBroadcastUsers: number;
}

export interface RoomEvents {
	/** The room has frames to write. */
	dirty(room: Room): void;
	/** The seat is behind. The caller must send it entries from the log until {@link Room.goLive} takes it back. */
	behind(seat: Seat): void;
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
 * Maximum number of deferred events for a seat that reads from the log. Above it the room drops presence events,
 * but never watermarks.
 */
const MAX_DEFERRED = 100;

/** Connections of one conversation on this node, and the frames queued for them. */
export class Room {
	readonly conversationId: string;
	readonly presence: ConversationPresence;
	/** Number of writes to connections so far. A write holds one or more frames. */
	delivered = 0;
	/** Seats by the id of their connection. */
	readonly #seats = new Map<string, Seat>();
	readonly #behind = new Set<Seat>();
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
		return this.#seats.size === 0 && this.presence.count === 0;
	}

	start(headSeq: number): void {
		this.#nextSeq = headSeq + 1;
		this.#flushedSeq = headSeq + 1;
	}

	/**
	 * Admits a connection at its own position. It receives `greeting`, its own `user_joined`, then the entries that it
	 * missed, then live frames.
	 * @param nextSeq first entry that it receives; not beyond the room's own `nextSeq`
	 * @param isPresent whether the seat shows its user as online; without it, the connection gets no own `user_joined`
	 */
	attach(
		subscriber: Subscriber,
		nextSeq: number,
		greeting: readonly string[],
		afterJoined: readonly string[],
		isPresent = true,
	): Seat {
		// A connection that reads from the log joins after the queue is written. Other connections skip what is in the
		// queue.
		const isBehind = nextSeq < this.#nextSeq;
		this.#readsAreDue();
		if (isBehind) this.flush();
		const joined = isPresent ? this.#join(subscriber) : undefined;
		if (isBehind) this.flush();
		else this.#frames.skip(subscriber);
		const seat = new Seat(this, subscriber, nextSeq, isPresent);
		this.#seats.set(subscriber.id, seat);
		subscriber.write(
			[
				...greeting,
				...(joined === undefined ? [] : [joined]),
				...afterJoined,
			].map((json) => this.#framing.frame(json)),
		);
		this.delivered++;
		if (this.#isDeleted) this.#end(seat, "deleted");
		else if (isBehind) this.#fallBehind(seat);
		return seat;
	}

	/** Takes a role that was read from the log. Entries that the room has received are newer. */
	learnRole(userId: string, role: Role): void {
		if (role === "reader" && !this.#readers.has(userId))
			this.#readers.set(userId, true);
	}

	isReader(userId: string): boolean {
		return this.#readers.get(userId) ?? false;
	}

	/** Takes a seat away. Does nothing if the seat has ended. */
	detach(seat: Seat, how: Departure): void {
		if (!this.has(seat)) return;
		this.writeReplies(seat);
		this.#behind.delete(seat);
		this.#seats.delete(seat.subscriber.id);
		if (seat.isPresent) this.presence.leave(seat.subscriber.userId, how);
		if (this.isEmpty) this.#events.empty(this);
	}

	/** Returns whether the seat has not ended. Its connection may have a newer seat. */
	has(seat: Seat): boolean {
		return this.#seats.get(seat.subscriber.id) === seat;
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
	reply(seat: Seat, json: string): void {
		if (!this.has(seat)) return;
		this.#frames.toOne(json, seat.subscriber);
		this.#events.dirty(this);
	}

	/** Writes the queued frames that only this seat receives, ahead of the frames for the whole room. */
	writeReplies(seat: Seat): void {
		if (!this.has(seat) || !seat.subscriber.isOpen) return;
		const own = this.#frames.withdraw(seat.subscriber);
		if (own.length > 0) seat.subscriber.write(own);
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
		this.#write(this.#frames.take(), this.#seats.values());
		this.#eventsDue.clear();
	}

	/** Returns a seat to live delivery after it has read up to the room's next entry. */
	goLive(seat: Seat): void {
		// The connection has already read the queued entries from the log.
		this.flush();
		for (const json of seat.deferred?.values() ?? [])
			this.#frames.toOne(json, seat.subscriber);
		seat.deferred = undefined;
		this.#behind.delete(seat);
		this.#write(this.#frames.take(), [seat]);
	}

	/** Ends a seat whose user is no longer a participant. */
	expel(seat: Seat): void {
		this.#end(seat, "removed");
	}

	/** Ends a seat for which the history cannot be read. Its user may return. */
	fail(seat: Seat): void {
		this.#end(seat, "error");
	}

	/** Ends every seat, because the conversation was deleted. */
	delete(): void {
		this.#isDeleted = true;
		this.flush();
		for (const seat of this.#seats.values()) this.#end(seat, "deleted");
	}

	#plainIds(): string[] {
		return [...this.#seats.values()].flatMap(({ subscriber }) =>
			subscriber.isV1 ? [] : [subscriber.id],
		);
	}

	/** @returns the user's own `user_joined` */
	#join(subscriber: Subscriber): string {
		const { id, userId, name } = subscriber;
		const joined = this.#userFrame("user_joined", userId, name);
		if (this.presence.enter(userId, name))
			this.#announce("user_joined", userId, joined, id);
		return joined;
	}

	#end(seat: Seat, reason: SeatEnd): void {
		if (!this.has(seat)) return;
		this.detach(seat, reason === "error" ? "lost" : "left");
		seat.subscriber.end(reason);
	}

	#write(flush: Flush, seats: Iterable<Seat>): void {
		const first = this.#flushedSeq;
		this.#flushedSeq = this.#nextSeq;
		for (const seat of seats) {
			const { subscriber } = seat;
			const joined = subscriber.takesCompact ? flush.compact : flush.plain;
			const special = joined.special.get(subscriber.id);
			if (seat.deferred) {
				// Answers to the connection's own frames do not wait. The connection reads everything else from the log.
				if (special?.own.length) subscriber.write(special.own);
				continue;
			}
			const entriesDue = first !== this.#nextSeq;
			if (
				subscriber.isFull ||
				// A connection that has just joined is ahead: the flush leaves out the frames queued before it joined.
				(entriesDue && seat.nextSeq < first)
			) {
				if (special?.own.length) subscriber.write(special.own);
				this.#fallBehind(seat);
				continue;
			}
			const parts = special ? special.all : joined.common;
			if (parts.length > 0) {
				subscriber.write(parts);
				this.delivered++;
			}
			if (entriesDue) seat.nextSeq = this.#nextSeq;
		}
	}

	#fallBehind(seat: Seat): void {
		// The events of this flush are not in the log, so the connection could not read them there.
		seat.deferred = new Map();
		for (const [key, event] of this.#eventsDue) defer(seat, key, event);
		this.#behind.add(seat);
		this.#events.behind(seat);
	}

	/** Keeps an event for seats that are behind, and for those that fall behind in this flush. */
	#deferrable(key: string, event: EventFrame): void {
		this.#eventsDue.set(key, event);
		for (const seat of this.#behind) defer(seat, key, event);
	}

	#expel(userId: string): void {
		for (const seat of [...this.#seats.values()])
			if (seat.subscriber.userId === userId) this.expel(seat);
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
	{ subscriber, deferred }: Seat,
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
