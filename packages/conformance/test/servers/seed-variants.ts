/** Servers of the level seed that do otherwise than ours what the original document leaves open. */
import type { IncomingMessage } from "node:http";
import { type Member, SeedServer } from "./seed-server.ts";

/** It has nothing to say over plain HTTP. */
export class HangsUpOnHttp extends SeedServer {
	override plain(request: IncomingMessage): void {
		request.socket.destroy();
	}
}

/** A client that speaks something else is not served. */
export class ClosesOnUnknownTypes extends SeedServer {
	override unknownType({ ws }: Member): void {
		ws.close(1008, "unknown type");
	}
}
