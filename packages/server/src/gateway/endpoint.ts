import type { IncomingMessage } from "node:http";
import type { Identity } from "../chat/authorise.ts";
import type { Connect, Peer } from "./peer.ts";

/** User who was admitted to a connection. The caller calls either `enter` or `cancel`, and only once. */
export interface Arrival {
	readonly identity: Identity;
	/** Whether the client offers the subprotocol. */
	readonly v1: boolean;
	/** Opens the connection and sends its first frames. */
	enter(connect: Connect): Peer;
	cancel(): void;
}

/** Kind of WebSocket that the server offers under one path. */
export interface Endpoint {
	/**
	 * Checks a request that is not an upgrade. Such a request never succeeds.
	 * @throws {HttpRefusal}
	 */
	refuse(request: IncomingMessage): Promise<unknown>;
	/**
	 * Admits an upgrade request.
	 * @param hasRoom returns whether the server accepts one more connection
	 * @throws {HttpRefusal}
	 */
	admit(request: IncomingMessage, hasRoom: () => boolean): Promise<Arrival>;
}
