import type { IncomingMessage } from "node:http";
import { Limits } from "@secureconnect/protocol";
import type { Inboxes, OpenInbox } from "../chat/inbox/inboxes.ts";
import { Refusal } from "../chat/refusal.ts";
import { unavailable } from "../http-refusal.ts";
import type { Arrival, Endpoint } from "./endpoint.ts";
import { checkInboxHandshake, type HandshakeContext } from "./handshake.ts";
import { InboxPeer } from "./inbox-peer.ts";
import type { PeerContext } from "./peer.ts";
import type { SubscriptionContext } from "./subscriptions.ts";
import { type SocketSettings, socketFields } from "./welcome.ts";

/** `/v1/ws/inbox`: one connection for all conversations of a user. */
export class InboxEndpoint implements Endpoint {
	readonly #settings: SocketSettings;
	readonly #inboxes: Inboxes;
	readonly #handshake: HandshakeContext;
	readonly #peerContext: PeerContext;
	readonly #subscriptions: SubscriptionContext;

	constructor(
		settings: SocketSettings,
		inboxes: Inboxes,
		handshake: HandshakeContext,
		peerContext: PeerContext,
		subscriptions: SubscriptionContext,
	) {
		this.#settings = settings;
		this.#inboxes = inboxes;
		this.#handshake = handshake;
		this.#peerContext = peerContext;
		this.#subscriptions = subscriptions;
	}

	refuse(request: IncomingMessage): Promise<unknown> {
		return checkInboxHandshake(request, this.#handshake, false);
	}

	async admit(
		request: IncomingMessage,
		hasRoom: () => boolean,
	): Promise<Arrival> {
		const checked = await checkInboxHandshake(
			request,
			{ ...this.#handshake, hasRoom },
			true,
		);
		const { userId } = checked;
		const name = await this.#peerContext.names.keep(checked);
		const identity = { ...checked, name };
		const inbox = await this.#open(userId);
		return {
			identity,
			v1: true,
			enter: (connect) => {
				const peer = new InboxPeer(
					connect,
					identity,
					inbox,
					this.#peerContext,
					this.#subscriptions,
				);
				const { limits, ...fields } = socketFields(this.#settings, identity);
				inbox.start(peer, {
					...fields,
					limits: { ...limits, maxSubscriptions: Limits.maxSubscriptions },
				});
				return peer;
			},
			cancel: () => inbox.close(),
		};
	}

	#open(userId: string): Promise<OpenInbox> {
		return this.#handshake.turns
			.take(userId, () => this.#inboxes.open(userId))
			.catch((error: unknown) => {
				throw error instanceof Refusal ? unavailable() : error;
			});
	}
}
