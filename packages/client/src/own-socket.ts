import type { Channel, ChannelHandlers } from "./channel.ts";
import type { Endpoint } from "./endpoint.ts";
import { type Protocol, ReconnectingSocket } from "./reconnecting-socket.ts";
import type { TokenSource } from "./token.ts";
import type { OpenSocket } from "./transport/transport.ts";

/** What a socket needs besides its conversation. */
export interface SocketOptions {
	readonly endpoint: Endpoint;
	readonly tokens: TokenSource;
	readonly protocol: Protocol;
	/** Loads the transport of the shared socket, if it is not the platform's. */
	readonly transport?: (() => Promise<OpenSocket>) | undefined;
}

/** Connects one conversation by a socket of its own, as every server allows. */
export function ownSocket(
	conversationId: string,
	{ endpoint, tokens, protocol }: SocketOptions,
	handlers: ChannelHandlers,
): Channel {
	const query = new URLSearchParams({ conversation_id: conversationId });
	return new ReconnectingSocket(
		endpoint.chat,
		`${endpoint.probe}?${query}`,
		tokens,
		protocol,
		handlers,
	);
}
