import {
	CloseCode,
	encodeFrame,
	Limits,
	rfc3339,
	type ServerFrameOf,
} from "@secureconnect/protocol";
import type { Bus } from "../bus/contract.ts";
import type { Turns } from "../fair/turns.ts";
import type { Device, MessageLog } from "../log/contract.ts";
import type { DeviceCursors } from "./device-cursors.ts";
import { Pace } from "./pace.ts";
import type { Framing, Now, Subscriber } from "./ports.ts";
import type { Departure } from "./presence.ts";
import { catchUp } from "./recovery.ts";
import { type Attachment, Room, type RoomSettings } from "./room.ts";
import { Sequencer } from "./sequencer.ts";

/** Where a connecting client wants to go on from. */
export type Cursor =
	| { readonly kind: "none" }
	/** Behind everything that there is. */
	| { readonly kind: "head" }
	| { readonly kind: "message"; readonly messageId: string }
	| { readonly kind: "seq"; readonly seq: number }
	/** Given, but not of a form that could name an entry. */
	| { readonly kind: "malformed" };

export type WelcomeFields = Pick<
	ServerFrameOf["welcome"],
	"limits" | "intervals" | "expiresAt"
>;

/** A place kept open for a connection while its handshake completes. */
export interface Ticket {
	/** Lets the connection in. At most one of `enter` and `cancel`, once. */
	enter(subscriber: Subscriber, welcome: WelcomeFields | undefined): Seat;
	cancel(): void;
	/** Whether the client gave a cursor that was found: it has what is before, once the connection has proved to be there. */
	readonly hasCursor: boolean;
}

/** A connection's seat in its conversation. A class, because functions would keep all that its handshake needed. */
export class Seat {
	readonly #room: Room;
	readonly #attachment: Attachment;

	constructor(room: Room, attachment: Attachment) {
		this.#room = room;
		this.#attachment = attachment;
	}

	/** The newest entry that was written to the connection. */
	get writtenSeq(): number {
		return this.#attachment.nextSeq - 1;
	}

	/** Sends one frame to this connection alone, in order with everybody's. */
	reply(json: string): void {
		this.#room.reply(this.#attachment, json);
	}
	/** Changes the name under which this connection's user is on line. */
	rename(name: string): void {
		this.#room.presence.rename(this.#attachment.subscriber.userId, name);
	}
	/** Writes at once what is due in the conversation, however long writing would rest. */
	flush(): void {
		this.#room.flush();
	}
	leave(how: Departure): void {
		this.#room.detach(this.#attachment, how);
	}
}

interface Open {
	readonly room: Room;
	readonly unsubscribe: () => void;
	tickets: number;
}

/** The rooms of this node: opened for their first connection, fed by the bus, closed after their last. */
export class Hub {
	readonly #rooms = new Map<string, Promise<Open>>();
	readonly #dirty = new Set<Room>();
	readonly #log: MessageLog;
	readonly #bus: Bus;
	readonly #cursors: DeviceCursors;
	readonly #framing: Framing;
	readonly #settings: RoomSettings;
	readonly #now: Now;
	readonly #onError: (error: unknown) => void;
	readonly #pace = new Pace(() => this.flush());
	readonly #turns: Turns;
	#delivered = 0;
	#opened = new Map<string, Open>();

	/** @param onError hears of a log that could not be read. */
	constructor(
		log: MessageLog,
		bus: Bus,
		cursors: DeviceCursors,
		framing: Framing,
		settings: RoomSettings,
		turns: Turns,
		now: Now,
		onError: (error: unknown) => void,
	) {
		this.#turns = turns;
		this.#log = log;
		this.#bus = bus;
		this.#cursors = cursors;
		this.#framing = framing;
		this.#settings = settings;
		this.#now = now;
		this.#onError = onError;
	}

	/** Frame writes to connections so far, of rooms open and closed. */
	get deliveries(): number {
		let sum = this.#delivered;
		for (const { room } of this.#opened.values()) sum += room.delivered;
		return sum;
	}
	/** Connections that read from the log, and by how many entries the last of them is behind. */
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
	 * Keeps a place in a conversation for a user whose admission saw `headSeq`. Whatever is committed after that moment
	 * reaches the connection, or finds out that the user is no participant any more.
	 * @param device where it goes on from when there is no cursor
	 * @throws {Refusal} unavailable
	 */
	async reserve(
		conversationId: string,
		headSeq: number,
		cursor: Cursor,
		device: Device | undefined,
		wantsWelcome: boolean,
	): Promise<Ticket> {
		const open = await this.#open(conversationId);
		try {
			const given = await this.#resolve(conversationId, cursor, headSeq);
			const proven = device && (await this.#cursors.open(device, given));
			// Beyond the admission's head the user may be no participant any more.
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
					const timestamp = rfc3339(this.#now());
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

	/** Who is on line in a conversation, as far as this node knows. */
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

	/** Writes at once everything that is due. */
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

	async #open(conversationId: string): Promise<Open> {
		for (;;) {
			let opening = this.#rooms.get(conversationId);
			if (!opening) {
				opening = this.#create(conversationId);
				this.#rooms.set(conversationId, opening);
				opening.catch(() => this.#rooms.delete(conversationId));
			}
			const open = await opening;
			// Its last connection may have left while this one waited.
			if (this.#opened.get(conversationId) !== open) continue;
			open.tickets++;
			return open;
		}
	}

	async #create(conversationId: string): Promise<Open> {
		const room = new Room(
			conversationId,
			this.#settings,
			this.#framing,
			this.#now,
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
		// Subscribed to before the head is read: what is committed in between arrives, and is known to be new or old.
		const unsubscribe = await this.#bus.subscribe(conversationId, (message) => {
			if (message.kind === "entries") sequencer.accept(message.entries);
			else room.relay(message);
		});
		try {
			const headSeq = await this.#log.head(conversationId);
			room.start(headSeq);
			sequencer.start(headSeq);
		} catch (error) {
			unsubscribe();
			throw error;
		}
		const open: Open = { room, unsubscribe, tickets: 0 };
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
				"history cannot be read",
			);
		}
	}

	#closeIfEmpty(conversationId: string, open: Open): void {
		if (open.tickets > 0 || !open.room.isEmpty) return;
		if (this.#opened.get(conversationId) !== open) return;
		this.#opened.delete(conversationId);
		this.#rooms.delete(conversationId);
		this.#delivered += open.room.delivered;
		open.unsubscribe();
	}
}

function unknownCursor(timestamp: string): string {
	return encodeFrame({
		type: "error",
		code: "unknown_cursor",
		message:
			"the cursor names no entry of this conversation; live frames follow",
		timestamp,
	});
}

/** Who will be on line once `own` is in. */
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
