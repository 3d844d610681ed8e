import type { Journal } from "./journal.ts";

/** Somebody's place in a conversation, and where to write down what happens there. */
export interface Seat {
	readonly name: string;
	readonly userId: string;
	readonly token: string;
	readonly conversationId: string;
	readonly journal: Journal;
	/** `host:port` to connect to. */
	readonly endpoint: string;
}

/**
 * One person's program. It connects by itself, again and again until it is ended, and writes to its journal what it
 * does and what it is told. Drivers: `socket-client.ts` (plain and v1),
 * `sdk-client.ts` and `rest-client.ts`.
 */
export interface Client {
	/** Begins to connect. */
	start(): void;
	/** Sends a message; not at all if it has no connection and no way to say it again. */
	say(content: string): void;
	/** Contents that it will go on sending until there is an answer. */
	readonly unanswered: number;
	/** The newest `seq` it was shown. */
	readonly shownSeq: number;
	/** Whether it has a connection on which it is shown what is new; undefined if it never has one. */
	readonly isConnected: boolean | undefined;
	/** Stops reading what it is sent, and reads on; a new connection reads. */
	stopReading(): void;
	readOn(): void;
	/** Loses its connection, if it has one. */
	drop(): void;
	/** Leaves for ever, without a word. */
	end(): void;
}
