import type { IncomingMessage } from "node:http";
import type { DeviceCursors } from "../chat/device-cursors.ts";
import type { Hub, Ticket } from "../chat/hub.ts";
import { Refusal } from "../chat/refusal.ts";
import { unavailable } from "../http-refusal.ts";
import { ChatPeer } from "./chat-peer.ts";
import type { DeliveryProof } from "./delivery.ts";
import type { Arrival, Endpoint } from "./endpoint.ts";
import {
	type ChatHandshake,
	checkChatHandshake,
	type HandshakeContext,
} from "./handshake.ts";
import type { Connect, Peer, PeerContext } from "./peer.ts";
import { prove } from "./prove.ts";
import { type SocketSettings, socketFields } from "./welcome.ts";

/** `/v1/ws/chat`: one connection for one conversation. */
export class ChatEndpoint implements Endpoint {
	readonly #settings: SocketSettings;
	readonly #hub: Hub;
	readonly #cursors: DeviceCursors;
	readonly #proof: DeliveryProof;
	readonly #handshake: HandshakeContext;
	readonly #peerContext: PeerContext;

	constructor(
		settings: SocketSettings,
		hub: Hub,
		cursors: DeviceCursors,
		proof: DeliveryProof,
		handshake: HandshakeContext,
		peerContext: PeerContext,
	) {
		this.#settings = settings;
		this.#hub = hub;
		this.#cursors = cursors;
		this.#proof = proof;
		this.#handshake = handshake;
		this.#peerContext = peerContext;
	}

	refuse(request: IncomingMessage): Promise<unknown> {
		return checkChatHandshake(request, this.#handshake, false);
	}

	async admit(
		request: IncomingMessage,
		hasRoom: () => boolean,
	): Promise<Arrival> {
		const handshake = await checkChatHandshake(
			request,
			{ ...this.#handshake, hasRoom },
			true,
		);
		const { identity, v1 } = handshake;
		const ticket = await this.#hub
			.reserve(
				handshake.conversationId,
				identity.userId,
				handshake.admission,
				handshake.cursor,
				handshake.device,
				v1,
			)
			.catch((error: unknown) => {
				throw error instanceof Refusal ? unavailable() : error;
			});
		return {
			identity,
			v1,
			enter: (connect) => this.#enter(connect, handshake, ticket),
			cancel: () => ticket.cancel(),
		};
	}

	#enter(connect: Connect, handshake: ChatHandshake, ticket: Ticket): Peer {
		const { conversationId, identity, device, v1 } = handshake;
		const peer = new ChatPeer(
			connect,
			conversationId,
			identity,
			v1,
			this.#peerContext,
		);
		const seat = peer.enter(ticket, socketFields(this.#settings, identity));
		if (device)
			prove(
				this.#proof,
				this.#cursors,
				peer.connection,
				seat,
				device,
				ticket.hasCursor,
			);
		return peer;
	}
}
