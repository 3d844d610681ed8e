import type { DefineTest } from "../contract-test.ts";
import type { MessageLog } from "./contract.ts";
import { adding, blocking } from "./contract-suite/adding.ts";
import {
	counting,
	editing,
	erasing,
	setting,
} from "./contract-suite/amending.ts";
import { batching } from "./contract-suite/batching.ts";
import { changing, deleting, directing } from "./contract-suite/changing.ts";
import { delivering } from "./contract-suite/delivering.ts";
import type { WithLog } from "./contract-suite/fixtures.ts";
import { inboxes } from "./contract-suite/inboxes.ts";
import { listing } from "./contract-suite/listing.ts";
import { naming } from "./contract-suite/naming.ts";
import { marking, participating } from "./contract-suite/participating.ts";
import { racing } from "./contract-suite/racing.ts";
import { reading } from "./contract-suite/reading.ts";
import { appending, deduplicating } from "./contract-suite/writing.ts";

/** Source of the logs that the suite tests. */
export interface LogFactory {
	/** Opens a log over an empty store. */
	open(): Promise<MessageLog>;
	/** Opens the store of `log` again after `log` was closed. */
	reopen(log: MessageLog): Promise<MessageLog>;
}

/** Defines tests for every sentence of `contract.ts`. */
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
	editing(withLog, factory);
	erasing(withLog);
	setting(withLog);
	racing(withLog);
	batching(withLog, factory);
	counting(withLog);
	reading(withLog);
	participating(withLog);
	adding(withLog);
	blocking(withLog);
	marking(withLog);
	listing(withLog);
	inboxes(withLog);
	changing(withLog);
	directing(withLog);
	deleting(withLog);
	delivering(withLog, factory);
	naming(withLog, factory);
}
