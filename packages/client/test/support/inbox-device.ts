/** What every kind of device in a schedule has in common. */

import type { FaultyProxy } from "./faulty-proxy.ts";
import type { Deed } from "./inbox-plan.ts";
import type { FaultAct } from "./proxy-faults.ts";

/** A frame, an entry or a row in wire form. */
export type Wire = Readonly<Record<string, unknown>>;

export interface DeviceOptions {
	readonly name: string;
	readonly user: number;
	readonly userId: string;
	readonly padding: number;
	readonly proxy: FaultyProxy;
	/** Signals a change that a test may wait for. */
	changed(): void;
}

/** A command and its outcome; undefined while it is unknown. */
export interface Given {
	readonly clientMessageId: string;
	readonly conversationId: string;
	/** Target of a `delete`. */
	readonly target: string | undefined;
	/** Connection of the first attempt; undefined if it was repeated or the order is unknown. */
	connection: number | undefined;
	outcome:
		| { readonly messageId: string; readonly seq: number }
		| "refused"
		| "unknown"
		| undefined;
}

/** Entries that one subscription received, in order, and whether none of a range may be missing. */
export interface Received {
	readonly conversationId: string;
	/** The entries after this one must all have come. */
	readonly after: number;
	readonly entries: readonly {
		readonly seq: number;
		readonly messageId: string;
	}[];
	/** Whether the subscription lasts, so that everything up to the head must have come. */
	readonly isOpen: boolean;
	/** Whether deleted messages and entries without content came too. */
	readonly isWhole: boolean;
}

export interface Totals {
	readonly unread: number;
	readonly mentions: number;
}

export interface Device {
	readonly options: DeviceOptions;
	readonly given: readonly Given[];
	/** Every message that the device has marked as read, by conversation. */
	readonly reads: ReadonlyMap<string, ReadonlySet<string>>;
	readonly complaints: string[];
	readonly connections: number;
	open(): void;
	/** Whether the list has arrived, every command has an outcome, and every subscription its answer. */
	readonly isSettled: boolean;
	perform(conversationId: string, deed: Deed): void;
	suffer(fault: FaultAct): void;
	/** Ends the faults, and repeats every read whose fate is unknown. */
	heal(participates: ReadonlySet<string>): void;
	/** The list as the device shows it, in wire form or as the library's rows. */
	readonly rows: ReadonlyMap<string, object>;
	readonly totals: Totals;
	received(): readonly Received[];
	/** Returns the list over REST in the form of {@link rows}. */
	listed(): Promise<ReadonlyMap<string, object>>;
	close(): void;
}
