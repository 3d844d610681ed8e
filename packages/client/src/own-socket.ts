import { wireKey, withKeys } from "@secureconnect/protocol/wire";
import {
	type Channel,
	type ChannelHandlers,
	type Cursor,
	endOf,
} from "./channel.ts";
import type { ConnectionState } from "./connection-state.ts";
import type { Endpoint } from "./endpoint.ts";
import { parseFrame, readFrame } from "./frames.ts";
import { type Protocol, ReconnectingSocket } from "./reconnecting-socket.ts";
import type { TokenSource } from "./token.ts";

/** What a socket needs besides its conversation. */
export interface SocketOptions {
	readonly endpoint: Endpoint;
	readonly tokens: TokenSource;
	readonly protocol: Protocol;
}

/** A private code (RFC 6455, section 7.4.2). */
const RESYNC = 4001;

/** Connects one conversation by a socket of its own, as every server allows. */
export class OwnSocket implements Channel {
	readonly #socket: ReconnectingSocket;
	readonly #handlers: ChannelHandlers;
	readonly #isSeed: boolean;

	constructor(
		conversationId: string,
		{ endpoint, tokens, protocol }: SocketOptions,
		handlers: ChannelHandlers,
	) {
		const query = { conversation_id: conversationId };
		this.#handlers = handlers;
		this.#isSeed = protocol === "seed";
		this.#socket = new ReconnectingSocket(
			endpoint.chat,
			`${endpoint.probe}?${new URLSearchParams(query)}`,
			tokens,
			protocol,
			{
				changed: (state) => handlers.changed(state),
				opened: () => {
					if (this.#isSeed) handlers.joined(undefined);
				},
				message: (text) => this.#message(text),
				down: (code) => handlers.down(code),
				query: () => ({ ...query, ...queryOf(handlers.cursor()) }),
				settled: () => handlers.settled(),
				end: endOf,
			},
		);
	}

	get state(): ConnectionState {
		return this.#socket.state;
	}

	start(): void {
		this.#socket.start();
	}

	send(frame: Parameters<Channel["send"]>[0]): boolean {
		return this.#socket.send(frame);
	}

	answered(): void {
		this.#socket.answered();
	}

	suspect(ms: number): void {
		this.#socket.suspect(ms);
	}

	resync(): void {
		this.#socket.dispatch({
			type: "renew",
			code: RESYNC,
			reason: "entries are missing",
		});
	}

	reconnect(): void {
		this.#socket.dispatch({ type: "reconnect" });
	}

	check(): void {
		this.#socket.noticed("woken");
	}

	close(): void {
		this.#socket.close();
	}

	#message(text: string | undefined): void {
		const read = readFrame(
			parseFrame(text),
			this.#isSeed,
			this.#handlers.shapes(),
		);
		const { frame } = read as Extract<typeof read, { frame: unknown }>;
		switch (frame?.type) {
			case "auth_ok":
				this.#socket.renewed(frame);
				return;
			case "welcome":
				this.#socket.welcomed(frame);
				this.#handlers.joined({
					...frame,
					maxMessageBytes: frame.limits.maxMessageBytes,
				});
				return;
			case "error":
				if (frame.code === "unauthorized") this.#socket.renewLater();
		}
		this.#handlers.read(read, text);
	}
}

function queryOf(cursor: Cursor): Record<string, string> {
	// The URL's query has text only.
	return withKeys(cursor, wireKey) as Record<string, string>;
}
