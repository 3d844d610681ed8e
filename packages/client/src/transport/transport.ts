/** A WebSocket as the connection needs it; one implementation for browsers, one for Node. */
export interface Socket {
	send(text: string): void;
	/** Bytes that arrived, those of incomplete messages too; 0 in a browser, which shows complete messages only. */
	readonly received: number;
	/** Bytes that wait to be handed to the operating system. */
	readonly pending: number;
	/** Lets go of the socket: nothing is heard of it any more. */
	drop(code: number, reason: string): void;
}

interface SocketHandlers {
	opened(): void;
	/** A text message; `undefined` for a binary one. */
	message(text: string | undefined): void;
	/** Something arrived that is no message: a ping. A browser shows none. */
	alive(): void;
	/** The last word; a handshake that failed without an answer ends here too, with 1006. */
	closed(code: number, reason: string): void;
	/** The last word where the handshake's answer can be seen, which in a browser it cannot. */
	answered(status: number, body: string, retryAfter: string | null): void;
}

export type OpenSocket = (
	url: string,
	protocols: string[],
	handlers: SocketHandlers,
) => Socket;
