/** A small server of before messages could change. */
import { SmallServer } from "./small-server.ts";
import type { Connection } from "./small-talk.ts";

export class KnowsNoAmendments extends SmallServer {
	override receive(
		connection: Connection,
		data: Buffer,
		isBinary: boolean,
	): void {
		const isAmendment = /"type":"(?:edit|delete|reaction|pin)"/.test(
			data.toString(),
		);
		if (isAmendment) this.refuse(connection, "unknown_type");
		else super.receive(connection, data, isBinary);
	}
}
