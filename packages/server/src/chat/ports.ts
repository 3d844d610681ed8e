/** What the domain needs of the world. Nothing here names a socket, a store or a library. */
import type { CloseCode } from "@secureconnect/protocol";

/** A connected client, as the hub sees it. */
export interface Subscriber {
	/** Unique over all nodes. */
	readonly id: string;
	readonly userId: string;
	readonly name: string | undefined;
	/** Whether so much waits for the peer to take it that nothing more is to be handed over. */
	readonly isFull: boolean;
	/** Bytes to hand over at once to a peer that has taken almost everything. */
	readonly pageBytes: number;
	/** Whether it takes frames made smaller by {@link Framing.compact}. */
	readonly takesCompact: boolean;
	/** Hands over whole frames made by {@link Framing}, however they are cut into parts, in one go. */
	write(parts: readonly Uint8Array[]): void;
	/** Resolves once the peer has taken almost everything, or the connection is gone. */
	drained(): Promise<void>;
	/** Says goodbye; nothing may be written after it. */
	close(code: CloseCode, reason: string): void;
	readonly isOpen: boolean;
}

/** Makes the bytes of the transport, once, however many connections get them. */
export interface Framing {
	frame(json: string): Uint8Array;
	/** The same frame in fewer bytes, or as it was where that saves nothing. */
	compact(frame: Uint8Array): Uint8Array;
}

/** Wall-clock milliseconds since 1970. */
export type Now = () => number;
