/** Interfaces that the domain needs. They name no socket, store or library. */

/**
 * Reason for which the server ends a seat: its user is no longer a participant, the conversation was deleted, or the
 * server cannot read the history.
 */
export type SeatEnd = "removed" | "deleted" | "error";

/** Connection that receives the frames of a conversation, as the room sees it. */
export interface Subscriber {
	/** Id of the connection, unique over all nodes. A connection has at most one seat in a conversation. */
	readonly id: string;
	readonly userId: string;
	readonly name: string | undefined;
	/** Whether the client knows frames that the original document does not have. */
	readonly isV1: boolean;
	/** Whether so many bytes wait for the peer that the hub must not write more. */
	readonly isFull: boolean;
	/** Number of bytes to write at once to a peer that has taken almost everything. */
	readonly pageBytes: number;
	/** Whether the client accepts frames that {@link Framing.compact} made smaller. */
	readonly takesCompact: boolean;
	/** Writes whole frames made by {@link Framing} at once. The parts need not match the frames. */
	write(parts: readonly Uint8Array[]): void;
	/** Resolves when the peer has taken almost everything, or when the connection is closed. */
	drained(): Promise<void>;
	/** Reports that the room has ended the seat. The room writes nothing for this seat after it. */
	end(reason: SeatEnd): void;
	readonly isOpen: boolean;
}

/** Encodes frames for the transport. Each frame is encoded once, for any number of connections. */
export interface Framing {
	frame(json: string): Uint8Array;
	/** Returns the frame in fewer bytes, or unchanged if that saves nothing. */
	compact(frame: Uint8Array): Uint8Array;
}

/** Returns wall-clock time in milliseconds since 1970. */
export type Now = () => number;
