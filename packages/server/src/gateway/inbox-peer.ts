import {
	encodeFrame,
	parseInboxFrame,
	type ServerFrameOf,
} from "@secureconnect/protocol";
import type { Identity } from "../chat/authorise.ts";
import type { InboxReceiver, OpenInbox } from "../chat/inbox/inboxes.ts";
import type { Departure } from "../chat/presence.ts";
import { Refusal } from "../chat/refusal.ts";
import { framing } from "./framing.ts";
import { type Connect, Peer, type PeerContext } from "./peer.ts";
import {
	type SubscribingPeer,
	type SubscriptionContext,
	Subscriptions,
} from "./subscriptions.ts";

/** Peer with a seat in each conversation that it has subscribed to. It also gets the user's list. */
export class InboxPeer extends Peer implements SubscribingPeer, InboxReceiver {
	readonly #inbox: OpenInbox;
	readonly #subscriptions: Subscriptions;
	readonly #server: SubscriptionContext;
	#isCorked = false;

	constructor(
		connect: Connect,
		identity: Identity,
		inbox: OpenInbox,
		context: PeerContext,
		server: SubscriptionContext,
	) {
		super(connect, identity, true, context);
		this.#inbox = inbox;
		this.#server = server;
		this.#subscriptions = new Subscriptions(this, server);
	}

	get currentIdentity(): Identity {
		return this.identity;
	}

	override get subscriptionCount(): number {
		return this.#subscriptions.count;
	}
	override get isFull(): boolean {
		// Bytes that only wait for the end of this turn say nothing about the peer.
		if (this.#isCorked && super.isFull) this.#uncork();
		return super.isFull;
	}

	/** Writes frames at the end of this turn, together with those of other rooms. */
	override write(parts: readonly Uint8Array[]): void {
		if (!this.#isCorked) {
			this.#isCorked = true;
			this.connection.cork();
			process.nextTick(() => this.#uncork());
		}
		super.write(parts);
	}

	send(json: string): void {
		this.write([framing.frame(json)]);
	}

	protected handle(text: string, bytes: number): void {
		const parsed = parseInboxFrame(text);
		if (!parsed.ok) {
			this.refuseInvalid(parsed.error);
			return;
		}
		const { conversationId, frame } = parsed.value;
		if (conversationId === undefined) {
			void this.track(bytes, this.renew(frame.accessToken), undefined);
			return;
		}
		switch (frame.type) {
			case "subscribe":
				void this.track(
					bytes,
					this.#subscriptions.subscribe(frame),
					conversationId,
				);
				break;
			case "unsubscribe":
				void this.track(
					bytes,
					this.#subscriptions.unsubscribe(conversationId),
					conversationId,
				);
				break;
			case "typing":
				void this.track(bytes, this.#typing(conversationId), conversationId);
				break;
			default:
				void this.track(bytes, this.run(conversationId, frame), conversationId);
		}
	}

	protected leave(how: Departure): void {
		this.#subscriptions.leave(how);
		this.#inbox.close();
	}
	protected rename(name: string): void {
		for (const seat of this.#subscriptions.seats()) seat.rename(name);
	}
	protected reply(json: string, conversationId: string | undefined): void {
		const seat =
			conversationId === undefined
				? undefined
				: this.#subscriptions.seat(conversationId);
		if (seat) seat.reply(json);
		else this.send(json);
	}
	protected writeReplies(): void {
		for (const seat of this.#subscriptions.seats()) seat.writeReplies();
	}
	protected getsCopy(
		conversationId: string,
		ack: ServerFrameOf["ack"],
	): boolean {
		return (
			this.#subscriptions.seat(conversationId)?.owes({
				...ack,
				conversationId,
			}) ?? false
		);
	}
	protected override acknowledge(
		conversationId: string,
		ack: ServerFrameOf["ack"],
	): void {
		this.reply(encodeFrame({ ...ack, conversationId }), conversationId);
	}

	/** Without a seat, the room does not know whether the user participates. */
	async #typing(conversationId: string): Promise<void> {
		const { doorkeeper, turns } = this.#server;
		const seat = this.#subscriptions.seat(conversationId);
		const role = seat
			? undefined
			: await turns.take(this.userId, () =>
					doorkeeper.roleOf(conversationId, this.userId),
				);
		if (!seat && role === undefined)
			throw new Refusal({
				code: "not_participant",
				message: "not a participant",
			});
		if (seat ? seat.isReader : role === "reader") return;
		this.context.commands.typing(conversationId, this.userId, this.id);
	}

	#uncork(): void {
		if (!this.#isCorked) return;
		this.#isCorked = false;
		this.connection.uncork();
	}
}
