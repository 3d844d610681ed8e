/** What the domain needs of the world. Nothing here names a socket, a store or a library. */
import type { CloseCode } from "@secureconnect/protocol";

/** A connected client, as the hub sees it. */
export interface Subscriber {
	/** Unique over all nodes. */
	readonly id: string;
	readonly userId: string;
	readonly name: string | undefined;
	/** Bytes handed over that the peer has not taken yet. */
	readonly backlogBytes: number;
	/** Hands over whole frames made by {@link Framing}, however they are cut into parts, in one go. */
	write(parts: readonly Uint8Array[]): void;
	/** Resolves once `backlogBytes` is small again, or the connection is gone. */
	drained(): Promise<void>;
	/** Says goodbye; nothing may be written after it. */
	close(code: CloseCode, reason: string): void;
	readonly isOpen: boolean;
}

/** Turns a frame's JSON into the bytes of the transport, once, however many connections get them. */
export type Framing = (json: string) => Uint8Array;

/** Wall-clock milliseconds since 1970. */
export type Now = () => number;
