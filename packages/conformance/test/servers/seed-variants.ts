/** Servers of the level seed that do otherwise than ours what the original document leaves open. */
import type { IncomingMessage } from "node:http";
import { SeedServer } from "./seed-server.ts";

/** It has nothing to say over plain HTTP. */
export class HangsUpOnHttp extends SeedServer {
	override plain(request: IncomingMessage): void {
		request.socket.destroy();
	}
}
