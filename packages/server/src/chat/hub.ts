import {
	Limits,
	type ProtocolError,
	rfc3339,
	type ServerFrameOf,
} from "@secureconnect/protocol";
import type { Bus } from "../bus/contract.ts";
import type { Scheduler } from "../fair/scheduler.ts";
import type { Turns } from "../fair/turns.ts";
import type { Admission, Device, MessageLog } from "../log/contract.ts";
import type { DeviceCursors } from "./device-cursors.ts";
import { Pace } from "./pace.ts";
import type { Framing, Subscriber } from "./ports.ts";
import { Recovery } from "./recovery.ts";
import { Refusal } from "./refusal.ts";
import { Room, type RoomSettings } from "./room.ts";
import type { Seat } from "./seat.ts";
import { Sequencer } from "./sequencer.ts";

/** Position from which a connecting client wants to resume. */
export type Cursor =
	| { readonly kind: "none" }
	/** Position after the newest entry. */
	| { readonly kind: "head" }
	| { readonly kind: "message"; readonly messageId: string }
	| { readonly kind: "seq"; readonly seq: number }
	/** The client sent a cursor whose form cannot name an entry. */
	| { readonly kind: "malformed" };

/** State of a conversation for a connection that enters it. */
type ConversationState = Required<
	Pick<
		ServerFrameOf["welcome"],
		| "conversationId"
		| "epoch"
		| "headSeq"
		| "recovered"
		| "present"
		| "presentCount"
		| "read"
		| "timestamp"
	>
>;

/** How a connection enters a conversation. */
interface Entrance {
	/** Encodes the first frame; undefined if the client gets none. */
	readonly greet: ((state: ConversationState) => string) | undefined;
	/** Encodes an `error`. */
	readonly refuse: (error: ProtocolError) => string;
	/** Whether the seat shows its user as online. */
	readonly isPresent: boolean;
}

/** Place that the hub reserves for a connection while it enters. */
export interface Ticket {
	/** Admits the connection. The caller calls either `enter` or `cancel`, and only once. */
	enter(subscriber: Subscriber, entrance: Entrance): Seat;
	cancel(): void;
	/**
	 * Whether the client sent a cursor that was found. If so, the client has every entry up to the cursor, as soon as
	 * the connection has proved that it is alive.
	 */
	readonly hasCursor: boolean;
}

interface OpenRoom {
	readonly room: Room;
	readonly unsubscribe: () => void;
	tickets: number;
}

/**
 * Manages the rooms of this node. It opens a room for the first connection, passes it messages from the bus, and closes
 * it after the last connection.
 */
export class Hub {
	readonly #rooms = new Map<string, Promise<OpenRoom>>();
	readonly #dirty = new Set<Room>();
	readonly #log: MessageLog;
	readonly #bus: Bus;
	readonly #cursors: DeviceCursors;
	readonly #recovery: Recovery;
	readonly #framing: Framing;
	readonly #settings: RoomSettings;
	readonly #scheduler: Scheduler;
	readonly #onError: (error: unknown) => void;
	readonly #pace: Pace;
	#delivered = 0;
	#opened = new Map<string, OpenRoom>();

	/** @param onError receives the error when the log cannot be read */
	constructor(
		log: MessageLog,
		bus: Bus,
		cursors: DeviceCursors,
		framing: Framing,
		settings: RoomSettings,
		turns: Turns,
		scheduler: Scheduler,
		onError: (error: unknown) => void,
	) {
		this.#recovery = new Recovery(log, framing, turns, onError);
		this.#log = log;
		this.#bus = bus;
		this.#cursors = cursors;
		this.#framing = framing;
		this.#settings = settings;
		this.#scheduler = scheduler;
		this.#pace = new Pace(scheduler, () => this.flush());
		this.#onError = onError;
	}

	/** Returns the number of frame writes to connections so far, in open and closed rooms. */
	get deliveries(): number {
		let sum = this.#delivered;
		for (const { room } of this.#opened.values()) sum += room.delivered;
		return sum;
	}
	/**
	 * Counts the seats that read from the log. `lag` is the number of entries that the slowest of them is behind.
	 */
	get catchingUp(): { readonly count: number; readonly lag: number } {
		let count = 0;
		let lag = 0;
		for (const { room } of this.#opened.values())
			for (const one of room.lags) {
				count++;
				lag = Math.max(lag, one);
			}
		return { count, lag };
	}
	get roomCount(): number {
		return this.#opened.size;
	}

	/**
	 * Reserves a place in a conversation for a user whom the log admitted. The connection receives every entry
	 * committed after that moment, or learns that the user is no longer a participant.
	 * @param device device whose cursor applies if the client sent none
	 * @param wantsState whether the client gets a first frame with the conversation's state
	 * @throws {Refusal} unavailable, not_participant if the conversation was deleted meanwhile
	 */
	async reserve(
		conversationId: string,
		userId: string,
		admission: Pick<Admission, "headSeq" | "membership">,
		cursor: Cursor,
		device: Device | undefined,
		wantsState: boolean,
	): Promise<Ticket> {
		const { headSeq, membership } = admission;
		const open = await this.#open(conversationId);
		try {
			if (open.room.isDeleted) throw deleted();
			if (membership) open.room.learnRole(userId, membership.role);
			const given = await this.#resolve(conversationId, cursor, headSeq);
			const proven = device && (await this.#cursors.open(device, given));
			// Entries after the admission's head are not covered by the check of membership: the user may have been
			// removed since.
			const after =
				cursor.kind === "none" && proven !== undefined
					? Math.min(proven, headSeq)
					: given;
			const watermarks = wantsState
				? await this.#log.watermarks(conversationId, Limits.maxWelcomeUsers)
				: [];
			return {
				enter: (subscriber, { greet, refuse, isPresent }) => {
					open.tickets--;
					const { room } = open;
					const greeting = greet?.({
						conversationId,
						timestamp: rfc3339(this.#scheduler.now()),
						epoch: this.#log.epoch,
						headSeq: room.nextSeq - 1,
						recovered: cursor.kind !== "head" && after !== undefined,
						...presenceIn(room, isPresent ? subscriber : undefined),
						read: watermarks.map(({ name: _, ...watermark }) => watermark),
					});
					const cursorIsUnknown = cursor.kind !== "none" && after === undefined;
					return room.attach(
						subscriber,
						Math.min((after ?? headSeq) + 1, room.nextSeq),
						greeting === undefined ? [] : [greeting],
						cursorIsUnknown ? [refuse(UNKNOWN_CURSOR)] : [],
						isPresent,
					);
				},
				cancel: () => {
					open.tickets--;
					this.#closeIfEmpty(conversationId, open);
				},
				hasCursor: given !== undefined,
			};
		} catch (error) {
			open.tickets--;
			this.#closeIfEmpty(conversationId, open);
			throw error;
		}
	}

	/** Returns the users online in a conversation, as far as this node knows. */
	presence(
		conversationId: string,
		limit: number,
	): {
		users: { userId: string; name: string | undefined }[];
		count: number;
	} {
		const presence = this.#opened.get(conversationId)?.room.presence;
		return {
			users: presence?.users(limit) ?? [],
			count: presence?.count ?? 0,
		};
	}

	/** Writes all queued frames immediately. */
	flush(): void {
		for (const room of this.#dirty) room.flush();
		this.#dirty.clear();
	}

	#schedule(room: Room): void {
		this.#dirty.add(room);
		this.#pace.due(room.dueBytes);
	}

	async #resolve(
		conversationId: string,
		cursor: Cursor,
		headSeq: number,
	): Promise<number | undefined> {
		switch (cursor.kind) {
			case "message":
				return this.#log.seqOf(conversationId, cursor.messageId);
			case "head":
				return headSeq;
			case "seq":
				return cursor.seq <= headSeq ? cursor.seq : undefined;
			default:
				return undefined;
		}
	}

	async #open(conversationId: string): Promise<OpenRoom> {
		for (;;) {
			let opening = this.#rooms.get(conversationId);
			if (!opening) {
				opening = this.#create(conversationId);
				this.#rooms.set(conversationId, opening);
				opening.catch(() => this.#rooms.delete(conversationId));
			}
			const open = await opening;
			// The room may have closed while this call waited, because its last connection left.
			if (this.#opened.get(conversationId) !== open) continue;
			open.tickets++;
			return open;
		}
	}

	async #create(conversationId: string): Promise<OpenRoom> {
		const room = new Room(
			conversationId,
			this.#settings,
			this.#framing,
			this.#scheduler,
			{
				dirty: (dirty) => this.#schedule(dirty),
				behind: (seat) => this.#recovery.add(seat),
				empty: () => {
					const open = this.#opened.get(conversationId);
					if (open) this.#closeIfEmpty(conversationId, open);
				},
			},
		);
		const sequencer = new Sequencer(
			(fromSeq, toSeq) => this.#log.range(conversationId, fromSeq, toSeq),
			(entry) => room.append(entry),
			this.#onError,
		);
		// Subscribe before reading the head. Entries committed in between then arrive, and the sequencer can tell
		// whether they are new. In the opposite order they would be lost.
		const unsubscribe = await this.#bus.subscribe(conversationId, (message) => {
			if (message.kind === "entries") sequencer.accept(message.entries);
			else if (message.kind === "deleted") room.delete();
			else room.relay(message);
		});
		try {
			const headSeq = await this.#log.head(conversationId);
			if (headSeq === undefined) throw deleted();
			room.start(headSeq);
			sequencer.start(headSeq);
		} catch (error) {
			unsubscribe();
			throw error;
		}
		const open: OpenRoom = { room, unsubscribe, tickets: 0 };
		this.#opened.set(conversationId, open);
		return open;
	}

	#closeIfEmpty(conversationId: string, open: OpenRoom): void {
		if (open.tickets > 0 || !open.room.isEmpty) return;
		if (this.#opened.get(conversationId) !== open) return;
		this.#opened.delete(conversationId);
		this.#rooms.delete(conversationId);
		this.#delivered += open.room.delivered;
		open.unsubscribe();
	}
}

function deleted(): Refusal {
	return new Refusal({ code: "not_participant", message: "not a participant" });
}

const UNKNOWN_CURSOR: ProtocolError = {
	code: "unknown_cursor",
	message:
		"the cursor does not identify an entry of this conversation; live frames follow",
};

/** Returns the presence as it will be after `own` has joined. */
function presenceIn(
	{ presence }: Room,
	own: Subscriber | undefined,
): Pick<ConversationState, "present" | "presentCount"> {
	const users = presence.users(Limits.maxWelcomeUsers);
	const joins = own !== undefined && !presence.has(own.userId);
	if (joins) users.unshift({ userId: own.userId, name: own.name });
	return {
		present: users
			.slice(0, Limits.maxWelcomeUsers)
			.map(({ userId, name }) =>
				name === undefined ? { userId } : { userId, name },
			),
		presentCount: presence.count + (joins ? 1 : 0),
	};
}
