import type { Entry } from "@secureconnect/protocol";
import type { Scheduler } from "../fair/scheduler.ts";
import { CommitQueue } from "./commit-queue.ts";
import type {
	MessageLog,
	Outcome,
	Outcomes,
	Write,
	WriteKind,
	Writes,
} from "./contract.ts";

/**
 * Called once per conversation and batch, in commit order, before the promises of the writes settle. Errors that it
 * throws are reported and do not affect the writes, which are on disk.
 */
export type OnCommitted = (entries: readonly [Entry, ...Entry[]]) => void;

interface Pending {
	readonly write: Write;
	resolve(outcome: Outcome): void;
	reject(error: unknown): void;
}

/**
 * Combines single writes into batches. The writes that arrive during a commit form the next batch. A single message
 * waits for one fsync, and a thousand messages share one.
 */
export class GroupCommit {
	readonly #scheduler: Scheduler;
	readonly #log: Pick<MessageLog, "append">;
	readonly #onCommitted: OnCommitted;
	readonly #onError: (error: unknown) => void;
	readonly #gathering = new CommitQueue<Pending>();
	#running = false;
	#idle: (() => void)[] = [];
	/** Number of batches and writes committed so far, and the total time of their commits in milliseconds. */
	readonly stats = { batches: 0, writes: 0, commitMs: 0 };

	/** @param onError receives the errors that `onCommitted` throws */
	constructor(
		scheduler: Scheduler,
		log: Pick<MessageLog, "append">,
		onCommitted: OnCommitted,
		onError: (error: unknown) => void,
	) {
		this.#scheduler = scheduler;
		this.#log = log;
		this.#onCommitted = onCommitted;
		this.#onError = onError;
	}

	/** Submits a write. Resolves when it is on disk and `onCommitted` has received what it appended. */
	submit<K extends WriteKind>(
		kind: K,
		fields: Writes[K],
	): Promise<Outcomes[K]> {
		return new Promise<Outcomes[K]>((resolve, reject) => {
			this.#gathering.add({
				write: { kind, ...fields } as Write,
				resolve: resolve as (outcome: Outcome) => void,
				reject,
			});
			if (this.#running) return;
			this.#running = true;
			// Delays the commit to the end of this turn, so that all writes of this turn join the first batch.
			this.#scheduler.nextTurn(() => void this.#run());
		});
	}

	/** Resolves when no write waits and no commit is in progress. */
	idle(): Promise<void> {
		return this.#running
			? new Promise((resolve) => this.#idle.push(resolve))
			: Promise.resolve();
	}

	async #run(): Promise<void> {
		while (this.#gathering.size > 0) {
			const batch = this.#gathering.take();
			const began = this.#scheduler.elapsed();
			const outcomes = await this.#log
				.append(batch.map(({ write }) => write))
				.catch((error: unknown) => {
					for (const pending of batch) pending.reject(error);
				});
			if (!outcomes) continue;
			this.stats.batches++;
			this.stats.writes += batch.length;
			this.stats.commitMs += this.#scheduler.elapsed() - began;
			this.#settle(batch, outcomes);
		}
		this.#running = false;
		const waiting = this.#idle;
		this.#idle = [];
		for (const resolve of waiting) resolve();
	}

	#settle(
		batch: readonly Pending[],
		outcomes: readonly (Outcome | Error)[],
	): void {
		const committed = new Map<string, [Entry, ...Entry[]]>();
		for (const outcome of outcomes) {
			if (outcome instanceof Error || outcome?.kind !== "stored") continue;
			const { entry } = outcome;
			const entries = committed.get(entry.conversationId);
			if (entries) entries.push(entry);
			else committed.set(entry.conversationId, [entry]);
		}
		for (const entries of committed.values())
			try {
				this.#onCommitted(entries);
			} catch (error) {
				this.#onError(error);
			}
		for (const [i, pending] of batch.entries()) {
			const outcome = outcomes[i];
			if (outcome === undefined || outcome instanceof Error)
				pending.reject(outcome ?? new Error("a write without an outcome"));
			else pending.resolve(outcome);
		}
	}
}
