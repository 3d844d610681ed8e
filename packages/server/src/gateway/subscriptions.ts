import {
	encodeFrame,
	type InboxClientFrameOf,
	Limits,
	rfc3339,
} from "@secureconnect/protocol";
import type { Doorkeeper, Identity } from "../chat/authorise.ts";
import type { DeviceCursors } from "../chat/device-cursors.ts";
import type { Cursor, Hub, Ticket } from "../chat/hub.ts";
import type { Now, SeatEnd } from "../chat/ports.ts";
import type { Departure } from "../chat/presence.ts";
import { Refusal } from "../chat/refusal.ts";
import type { Turns } from "../fair/turns.ts";
import type { Device } from "../log/contract.ts";
import type { DeliveryProof } from "./delivery.ts";
import { InboxSeat } from "./inbox-seat.ts";
import type { Peer } from "./peer.ts";
import { prove } from "./prove.ts";

type Subscribe = InboxClientFrameOf["subscribe"];

/** What subscriptions need of the server. */
export interface SubscriptionContext {
	readonly hub: Hub;
	readonly doorkeeper: Doorkeeper;
	readonly cursors: DeviceCursors;
	readonly proof: DeliveryProof;
	readonly turns: Turns;
	readonly now: Now;
	/** Called with errors of the server itself. The subscription ends with the reason `error`. */
	readonly onError: (error: unknown) => void;
}

/** Peer that has several seats. */
export interface SubscribingPeer extends Peer {
	readonly currentIdentity: Identity;
	/** Sends a frame at once, in no order with the frames of a room. */
	send(json: string): void;
}

/**
 * Seats of one connection for several conversations. Requests about the same conversation are handled in the order in
 * which they came, requests about different conversations side by side.
 */
export class Subscriptions {
	readonly #peer: SubscribingPeer;
	readonly #context: SubscriptionContext;
	/** Seats by conversation, and places that are reserved for seats. Both count. */
	readonly #places = new Map<string, InboxSeat | "opening">();
	/** Last request about each conversation that is not handled yet. */
	readonly #lines = new Map<string, Promise<void>>();

	constructor(peer: SubscribingPeer, context: SubscriptionContext) {
		this.#peer = peer;
		this.#context = context;
	}

	/** Returns the number of seats, including reserved ones. */
	get count(): number {
		return this.#places.size;
	}

	/** Returns the peer's seat in a conversation; undefined if it has none. */
	seat(conversationId: string): InboxSeat | undefined {
		const place = this.#places.get(conversationId);
		return place === "opening" ? undefined : place;
	}

	*seats(): Iterable<InboxSeat> {
		for (const place of this.#places.values())
			if (place !== "opening") yield place;
	}

	/**
	 * Gives the peer a seat and sends its first frames.
	 * @throws {Refusal} not_participant, invalid_frame, limit_reached, draining, unavailable
	 */
	subscribe(frame: Subscribe): Promise<void> {
		return this.#inOrder(frame.conversationId, () => this.#subscribe(frame));
	}

	/** Ends the peer's seat in a conversation, if it has one. */
	unsubscribe(conversationId: string): Promise<void> {
		return this.#inOrder(conversationId, async () => {
			const seat = this.seat(conversationId);
			seat?.leave("left");
			if (seat) this.#release(seat);
			this.#say(conversationId);
		});
	}

	/** Ends all seats without a frame, because the connection ends. */
	leave(how: Departure): void {
		for (const seat of [...this.seats()]) {
			seat.leave(how);
			this.#places.delete(seat.conversationId);
		}
	}

	async #inOrder(
		conversationId: string,
		work: () => Promise<void>,
	): Promise<void> {
		const before = this.#lines.get(conversationId);
		const done = before ? before.then(work) : work();
		const line = done.catch(() => {});
		this.#lines.set(conversationId, line);
		try {
			await done;
		} finally {
			if (this.#lines.get(conversationId) === line)
				this.#lines.delete(conversationId);
		}
	}

	async #subscribe(frame: Subscribe): Promise<void> {
		const { conversationId } = frame;
		if (this.#places.has(conversationId))
			throw new Refusal({
				code: "invalid_frame",
				message: "this connection has a subscription for the conversation",
			});
		if (this.#places.size >= Limits.maxSubscriptions)
			throw new Refusal({
				code: "limit_reached",
				message: `a connection has at most ${Limits.maxSubscriptions} subscriptions`,
			});
		this.#places.set(conversationId, "opening");
		try {
			await this.#open(frame);
		} catch (error) {
			if (error instanceof Refusal) throw error;
			this.#places.delete(conversationId);
			this.#context.onError(error);
			this.#say(conversationId, "error");
		} finally {
			if (this.#places.get(conversationId) === "opening")
				this.#places.delete(conversationId);
		}
	}

	async #open(frame: Subscribe): Promise<void> {
		const { doorkeeper, hub, turns } = this.#context;
		const { conversationId, deviceId } = frame;
		const { userId } = this.#peer;
		const device: Device | undefined =
			deviceId === undefined ? undefined : { conversationId, userId, deviceId };
		const admission = await turns.take(userId, () =>
			doorkeeper.admit(conversationId, this.#peer.currentIdentity, true),
		);
		if (!admission)
			throw new Refusal({
				code: "not_participant",
				message: "not a participant",
			});
		const ticket = await hub.reserve(
			conversationId,
			userId,
			admission,
			cursorOf(frame),
			device,
			true,
		);
		await turns.take(userId, async () => {
			if (this.#peer.isOpen) this.#enter(frame, ticket, device);
			else ticket.cancel();
		});
	}

	#enter(frame: Subscribe, ticket: Ticket, device: Device | undefined): void {
		const { conversationId, presence = true } = frame;
		const { proof, cursors, now } = this.#context;
		const place = new InboxSeat(conversationId, this.#peer, this.#onEnd);
		this.#places.set(conversationId, place);
		const seat = place.enter(ticket, presence, now());
		if (device && this.seat(conversationId) === place)
			place.proving = prove(
				proof,
				cursors,
				this.#peer.connection,
				seat,
				device,
				ticket.hasCursor,
			);
	}

	/** One function for all seats, so that a seat takes little memory. */
	readonly #onEnd = (seat: InboxSeat, reason: SeatEnd): void => {
		this.#release(seat);
		this.#say(seat.conversationId, reason);
	};

	/** Forgets a seat that has ended. Answers the peer's own commands whose entries the seat did not send. */
	#release(seat: InboxSeat): void {
		this.#places.delete(seat.conversationId);
		if (seat.proving)
			this.#context.proof.removeSeat(this.#peer.connection, seat.proving);
		for (const ack of seat.takeOwed()) this.#peer.send(encodeFrame(ack));
	}

	#say(conversationId: string, reason?: SeatEnd): void {
		this.#peer.send(
			encodeFrame({
				type: "unsubscribed",
				conversationId,
				...(reason === undefined ? {} : { reason }),
				timestamp: rfc3339(this.#context.now()),
			}),
		);
	}
}

function cursorOf({ after, afterSeq }: Subscribe): Cursor {
	if (after === "head") return { kind: "head" };
	if (after !== undefined) return { kind: "message", messageId: after };
	return afterSeq === undefined
		? { kind: "none" }
		: { kind: "seq", seq: afterSeq };
}
