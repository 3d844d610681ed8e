/** Servers of the level seed that differ from ours where the original document leaves a choice. */
import type { IncomingMessage } from "node:http";
import { type Member, SeedServer } from "./seed-server.ts";

/** Answers no plain HTTP request. */
export class HangsUpOnHttp extends SeedServer {
	override plain(request: IncomingMessage): void {
		request.socket.destroy();
	}
}

/** Closes the connection on an unknown frame type. */
export class ClosesOnUnknownTypes extends SeedServer {
	override unknownType({ ws }: Member): void {
		ws.close(1008, "unknown type");
	}
}
