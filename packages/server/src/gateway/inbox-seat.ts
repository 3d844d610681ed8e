import { encodeFrame, type ServerFrameOf } from "@secureconnect/protocol";
import type { Ticket } from "../chat/hub.ts";
import type { SeatEnd, Subscriber } from "../chat/ports.ts";
import type { Departure } from "../chat/presence.ts";
import type { Seat } from "../chat/seat.ts";
import { encodeError } from "./answers.ts";
import type { ProvingSeat } from "./delivery.ts";
import type { Peer } from "./peer.ts";

type Ack = ServerFrameOf["ack"];

/**
 * Maximum number of the peer's own entries that a seat owes it. Beyond it the peer gets an `ack` at once, and the entry
 * later.
 */
const MAX_OWED = 1000;

/** Seat of a peer that may have several. When the seat ends, the connection stays open. */
export class InboxSeat implements Subscriber {
	readonly conversationId: string;
	/** What proves the device's position; undefined if the subscription names no device. */
	proving: ProvingSeat | undefined;
	readonly #peer: Peer;
	readonly #onEnd: (seat: InboxSeat, reason: SeatEnd) => void;
	#seat: Seat | undefined;
	#firstSeq = 0;
	/** Answers in place of entries that the peer itself wrote and that the seat has not sent yet; made when needed. */
	#owed: Ack[] | undefined;

	constructor(
		conversationId: string,
		peer: Peer,
		onEnd: (seat: InboxSeat, reason: SeatEnd) => void,
	) {
		this.conversationId = conversationId;
		this.#peer = peer;
		this.#onEnd = onEnd;
	}

	get id(): string {
		return this.#peer.id;
	}
	get userId(): string {
		return this.#peer.userId;
	}
	get name(): string | undefined {
		return this.#peer.name;
	}
	get isV1(): boolean {
		return true;
	}
	get isOpen(): boolean {
		return this.#peer.isOpen;
	}
	get isFull(): boolean {
		return this.#peer.isFull;
	}
	get pageBytes(): number {
		return this.#peer.pageBytes;
	}
	get takesCompact(): boolean {
		return this.#peer.takesCompact;
	}
	get isReader(): boolean {
		return this.#seat?.isReader ?? false;
	}

	write(parts: readonly Uint8Array[]): void {
		this.#peer.write(parts);
	}
	drained(): Promise<void> {
		return this.#peer.drained();
	}
	end(reason: SeatEnd): void {
		this.#onEnd(this, reason);
	}

	/**
	 * Takes the seat and sends the first frames. The seat may end before this returns.
	 * @param now milliseconds since 1970
	 */
	enter(ticket: Ticket, isPresent: boolean, now: number): Seat {
		const { conversationId } = this;
		const seat = ticket.enter(this, {
			greet: (state) => encodeFrame({ type: "subscribed", ...state }),
			refuse: (error) => encodeError({ ...error, conversationId }, now),
			isPresent,
		});
		this.#seat = seat;
		this.#firstSeq = seat.nextSeq;
		return seat;
	}

	reply(json: string): void {
		this.#seat?.reply(json);
	}
	writeReplies(): void {
		this.#seat?.writeReplies();
	}
	rename(name: string): void {
		this.#seat?.rename(name);
	}
	leave(how: Departure): void {
		this.#seat?.leave(how);
	}

	/** Returns whether the seat will send, or has sent, the peer's own entry. The entry then is the answer. */
	owes(ack: Ack): boolean {
		if (!this.#seat || ack.seq < this.#firstSeq) return false;
		const { nextSeq } = this.#seat;
		if (ack.seq < nextSeq) return true;
		this.#owed = this.#owed?.filter(({ seq }) => seq >= nextSeq) ?? [];
		if (this.#owed.length >= MAX_OWED) return false;
		this.#owed.push(ack);
		return true;
	}

	/** Returns the answers in place of the peer's own entries that a seat which has ended did not send. */
	takeOwed(): Ack[] {
		const nextSeq = this.#seat?.nextSeq ?? 0;
		const owed = this.#owed?.filter(({ seq }) => seq >= nextSeq) ?? [];
		this.#owed = undefined;
		return owed;
	}
}
