/** A planted fault: a small server with one bug, and the rules that the suite must name for it. */
import type { RuleId } from "@secureconnect/conformance";
import { type SeedHeartbeat, SeedServer } from "./seed-server.ts";
import type { SmallAmendments } from "./small-amendments.ts";
import type { SmallOptions } from "./small-door.ts";
import type { SmallFolds } from "./small-folds.ts";
import { SmallServer } from "./small-server.ts";

export interface Fault {
	readonly name: string;
	/** Exactly the rules that the fault breaks. */
	readonly rules: readonly RuleId[];
	readonly Server: new (options: FaultyOptions) => FaultyServer;
	readonly options?: Partial<SmallOptions>;
}

type FaultyOptions = SmallOptions & SeedHeartbeat;
type FaultyServer = Pick<SmallServer | SeedServer, "start" | "close" | "url">;

/** The seed server, with the constructor of the other servers. */
export class Seed extends SeedServer {
	constructor({ secret, ...heartbeat }: FaultyOptions) {
		super(secret, heartbeat);
	}
}

/** Creates a server with other rules for amendments. */
export function amending(Rules: new () => SmallAmendments): Fault["Server"] {
	return class extends SmallServer {
		override readonly amendments = new Rules();
	};
}

/** Creates a server with other folds and counts. */
export function folding(Folds: new () => SmallFolds): Fault["Server"] {
	return class extends SmallServer {
		override readonly folds = new Folds();
	};
}
