/** What every kind of client in a schedule has in common. */
import type { Author, Given } from "./amending-commands.ts";
import type { ClientAct, ClientPlan } from "./amending-plan.ts";
import type { Row } from "./amending-rows.ts";
import type { FaultyProxy } from "./faulty-proxy.ts";

export interface ClientOptions extends Author {
	readonly plan: ClientPlan;
	readonly conversationId: string;
	readonly proxy: FaultyProxy;
	/** Signals a change that a test may wait for. */
	changed(): void;
}

export interface AmendingClient {
	readonly options: ClientOptions;
	readonly given: readonly Given[];
	readonly complaints: string[];
	readonly connections: number;
	/** Opens the first connection. */
	open(): void;
	/** Whether it misses no entry from now on. */
	readonly isReady: boolean;
	perform(act: ClientAct): void;
	/** Ends the faults of its network, and finishes its actions. */
	heal(): Promise<void>;
	/** Whether every command has an outcome. */
	readonly isSettled: boolean;
	/** Whether it has received everything up to a message. */
	shows(messageId: string): boolean;
	/** What its user sees: the rows of each view, in order. */
	views(): readonly (readonly Row[])[];
	close(): void;
}
