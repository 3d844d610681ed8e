import type { DefineTest } from "../contract-test.ts";
import type { MessageLog } from "./contract.ts";
import { adding, blocking } from "./contract-suite/adding.ts";
import { delivering } from "./contract-suite/delivering.ts";
import type { WithLog } from "./contract-suite/fixtures.ts";
import { listing } from "./contract-suite/listing.ts";
import { naming } from "./contract-suite/naming.ts";
import { marking, participating } from "./contract-suite/participating.ts";
import { reading } from "./contract-suite/reading.ts";
import { appending, deduplicating } from "./contract-suite/writing.ts";

/** Where a suite gets its logs from. */
export interface LogFactory {
	/** A log over an empty store. */
	open(): Promise<MessageLog>;
	/** The same store again, after the log given was closed. */
	reopen(log: MessageLog): Promise<MessageLog>;
}

/** What every message log does, sentence by sentence of `contract.ts`. */
export function messageLogContract(
	test: DefineTest,
	factory: LogFactory,
): void {
	const withLog: WithLog = (title, body) =>
		test(`log: ${title}`, async () => {
			const log = await factory.open();
			try {
				await body(log);
			} finally {
				await log.close();
			}
		});

	appending(withLog);
	deduplicating(withLog, factory);
	reading(withLog);
	participating(withLog);
	adding(withLog);
	blocking(withLog);
	marking(withLog);
	listing(withLog);
	delivering(withLog, factory);
	naming(withLog, factory);
}
