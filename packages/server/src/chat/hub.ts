import {
	CloseCode,
	encodeFrame,
	Limits,
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
import type { Departure } from "./presence.ts";
import { catchUp } from "./recovery.ts";
import { Refusal } from "./refusal.ts";
import { type Attachment, Room, type RoomSettings } from "./room.ts";
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

export type WelcomeFields = Pick<
	ServerFrameOf["welcome"],
	"limits" | "intervals" | "expiresAt"
>;

/** Place that the hub reserves for a connection while its handshake completes. */
export interface Ticket {
	/** Admits the connection. The caller calls either `enter` or `cancel`, and only once. */
	enter(subscriber: Subscriber, welcome: WelcomeFields | undefined): Seat;
	cancel(): void;
	/**
	 * Whether the client sent a cursor that was found. If so, the client has every entry up to the cursor, as soon as
	 * the connection has proved that it is alive.
	 */
	readonly hasCursor: boolean;
}

/**
 * Seat of a connection in its conversation. It is a class because closures would keep everything that the handshake
 * needed in memory.
 */
export class Seat {
	readonly #room: Room;
	readonly #attachment: Attachment;

	constructor(room: Room, attachment: Attachment) {
		this.#room = room;
		this.#attachment = attachment;
	}

	/** Returns the `seq` of the newest entry written to the connection. */
	get writtenSeq(): number {
		return this.#attachment.nextSeq - 1;
	}

	/** Sends one frame to this connection only, in order with the frames for the whole room. */
	reply(json: string): void {
		this.#room.reply(this.#attachment, json);
	}
	/** Returns whether this connection's user may only read. */
	get isReader(): boolean {
		return this.#room.isReader(this.#attachment.subscriber.userId);
	}
	/** Changes the name that presence shows for this connection's user. */
	rename(name: string): void {
		this.#room.presence.rename(this.#attachment.subscriber.userId, name);
	}
	/** Writes all queued frames of the conversation immediately, without the pause that {@link Pace} adds. */
	flush(): void {
		this.#room.flush();
	}
	leave(how: Departure): void {
		this.#room.detach(this.#attachment, how);
	}
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
	readonly #framing: Framing;
	readonly #settings: RoomSettings;
	readonly #scheduler: Scheduler;
	readonly #onError: (error: unknown) => void;
	readonly #pace: Pace;
	readonly #turns: Turns;
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
		this.#turns = turns;
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
	 * Counts the connections that read from the log. `lag` is the number of entries that the slowest of them is behind.
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
	 * @throws {Refusal} unavailable, not_participant if the conversation was deleted meanwhile
	 */
	async reserve(
		conversationId: string,
		userId: string,
		admission: Pick<Admission, "headSeq" | "membership">,
		cursor: Cursor,
		device: Device | undefined,
		wantsWelcome: boolean,
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
			const watermarks = wantsWelcome
				? await this.#log.watermarks(conversationId, Limits.maxWelcomeUsers)
				: [];
			return {
				enter: (subscriber, welcome) => {
					open.tickets--;
					const { room } = open;
					const timestamp = rfc3339(this.#scheduler.now());
					const greeting = welcome && [
						encodeFrame({
							type: "welcome",
							conversationId,
							timestamp,
							epoch: this.#log.epoch,
							userId: subscriber.userId,
							headSeq: room.nextSeq - 1,
							recovered: cursor.kind !== "head" && after !== undefined,
							...presenceIn(room, subscriber),
							read: watermarks.map(({ name: _, ...watermark }) => watermark),
							...welcome,
						}),
					];
					const cursorIsUnknown = cursor.kind !== "none" && after === undefined;
					const attachment = room.attach(
						subscriber,
						Math.min((after ?? headSeq) + 1, room.nextSeq),
						greeting ?? [],
						cursorIsUnknown ? [unknownCursor(timestamp)] : [],
					);
					return new Seat(room, attachment);
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
				behind: (_, attachment) => void this.#catchUp(room, attachment),
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

	async #catchUp(room: Room, attachment: Attachment): Promise<void> {
		try {
			await catchUp(room, attachment, this.#log, this.#framing, this.#turns);
		} catch (error) {
			this.#onError(error);
			room.detach(attachment, "lost");
			attachment.subscriber.close(
				CloseCode.internalError,
				"the server cannot read the history",
			);
		}
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

function unknownCursor(timestamp: string): string {
	return encodeFrame({
		type: "error",
		code: "unknown_cursor",
		message:
			"the cursor does not identify an entry of this conversation; live frames follow",
		timestamp,
	});
}

/** Returns the presence as it will be after `own` has joined. */
function presenceIn(
	{ presence }: Room,
	own: Subscriber,
): Pick<ServerFrameOf["welcome"], "present" | "presentCount"> {
	const users = presence.users(Limits.maxWelcomeUsers);
	const known = presence.has(own.userId);
	if (!known) users.unshift({ userId: own.userId, name: own.name });
	return {
		present: users
			.slice(0, Limits.maxWelcomeUsers)
			.map(({ userId, name }) =>
				name === undefined ? { userId } : { userId, name },
			),
		presentCount: presence.count + (known ? 0 : 1),
	};
}
