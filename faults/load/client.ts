import type { Journal } from "./journal.ts";

/** A client's place in a conversation and the journal of its events. */
export interface Seat {
	readonly name: string;
	readonly userId: string;
	readonly token: string;
	readonly conversationId: string;
	readonly journal: Journal;
	/** Server address, `host:port`. */
	readonly endpoint: string;
}

/**
 * Client of one user. It connects and reconnects by itself until it is ended, and records its actions and the answers
 * in its journal. Implementations: `socket-client.ts` (plain and v1), `sdk-client.ts` and `rest-client.ts`.
 */
export interface Client {
	/** Starts to connect. */
	start(): void;
	/** Sends a message. Without a connection, a client that cannot repeat the message does not send it. */
	say(content: string): void;
	/** Contents that the client sends again until there is an answer. */
	readonly unanswered: number;
	/** Newest `seq` that it received. */
	readonly shownSeq: number;
	/** Whether it has a connection that receives new entries; undefined if this client never has one. */
	readonly isConnected: boolean | undefined;
	/** Stops or continues reading. A new connection reads. */
	stopReading(): void;
	readOn(): void;
	/** Cuts its connection, if it has one. */
	drop(): void;
	/** Ends the client without a close frame. */
	end(): void;
}
