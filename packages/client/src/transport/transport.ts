/** The WebSocket interface of the connection, with one implementation for browsers and one for Node. */
export interface Socket {
	send(text: string): void;
	/**
	 * Bytes received, including those of incomplete messages. 0 in a browser, which shows only complete messages.
	 */
	readonly received: number;
	/** Bytes that wait for the operating system. */
	readonly pending: number;
	/** Drops the socket. No handler is called afterwards. */
	drop(code: number, reason: string): void;
}

interface SocketHandlers {
	opened(): void;
	/** A text message arrived; `undefined` stands for a binary one. */
	message(text: string | undefined): void;
	/** Data other than a message arrived: a ping. Never called in a browser. */
	alive(): void;
	/** The socket closed; the last call. A handshake that fails without an answer ends here too, with 1006. */
	closed(code: number, reason: string): void;
	/**
	 * The server answered the handshake without an upgrade; the last call. Never called in a browser, which hides
	 * the answer.
	 */
	answered(status: number, body: string, retryAfter: string | null): void;
}

export type OpenSocket = (
	url: string,
	protocols: string[],
	handlers: SocketHandlers,
) => Socket;
