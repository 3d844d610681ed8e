/** What a planted fault is: a small server with one thing wrong, and the rules that the suite must name for it. */
import type { RuleId } from "@secureconnect/conformance";
import { type SeedHeartbeat, SeedServer } from "./seed-server.ts";
import type { SmallOptions } from "./small-door.ts";
import type { SmallServer } from "./small-server.ts";

export interface Fault {
	readonly name: string;
	/** These and no others. */
	readonly rules: readonly RuleId[];
	readonly Server: new (options: FaultyOptions) => FaultyServer;
	readonly options?: Partial<SmallOptions>;
}

type FaultyOptions = SmallOptions & SeedHeartbeat;
type FaultyServer = Pick<SmallServer | SeedServer, "start" | "close" | "url">;

/** The seed server, made as the others are. */
export class Seed extends SeedServer {
	constructor({ secret, ...heartbeat }: FaultyOptions) {
		super(secret, heartbeat);
	}
}
