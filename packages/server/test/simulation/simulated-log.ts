import { DatabaseSync } from "node:sqlite";
import {
	LogUnavailable,
	type MessageLog,
	type Outcome,
	type Write,
} from "../../src/log/contract.ts";
import { Applier } from "../../src/log/sqlite/apply.ts";
import { MIGRATIONS } from "../../src/log/sqlite/migrations.ts";
import { Reader } from "../../src/log/sqlite/reader.ts";
import type { ProcessTime, VirtualTime } from "./virtual-time.ts";

/** Disk of a simulation: the real statements on a database in memory. It outlives the processes that use it. */
export class SimulatedDisk {
	readonly reader: Reader;
	readonly #db = new DatabaseSync(":memory:");
	readonly #applier: Applier;

	constructor() {
		for (const { sql } of MIGRATIONS) this.#db.exec(sql);
		this.#applier = new Applier(this.#db);
		this.reader = new Reader(this.#db);
	}

	commit(batch: readonly Write[]): Outcome[] {
		this.#db.exec("BEGIN");
		try {
			const outcomes = this.#applier.applyAll(batch);
			this.#db.exec("COMMIT");
			return outcomes;
		} catch (error) {
			this.#db.exec("ROLLBACK");
			throw error;
		}
	}

	close(): void {
		this.#db.close();
	}
}

/** What the disk does now. */
export interface DiskState {
	/** Time until which nothing is written. */
	stalledUntil: number;
	/** Whether the disk is full. */
	isFull: boolean;
}

/** Longest commit in milliseconds of a disk that does not stall, and longest delay of the answer to a read. */
const COMMIT_MS = 8;
const READ_MS = 6;

/**
 * Opens the log for one process. Commits take time, stall or fail, and reads are answered late. A batch whose process
 * is killed meanwhile is stored as a whole, or not at all.
 */
export function openLog(
	disk: SimulatedDisk,
	state: DiskState,
	time: VirtualTime,
	own: ProcessTime,
): MessageLog {
	/** Never resolves in a process that was killed. */
	const later = (ms: number): Promise<void> =>
		new Promise((resolve) => own.after(time.random() * ms, resolve));
	const writes: Record<string, unknown> = {
		epoch: disk.reader.epoch(),
		failed: new Promise<never>(() => {}),
		append: (batch: readonly Write[]): Promise<readonly Outcome[]> =>
			new Promise((resolve, reject) => {
				const wait = Math.max(0, state.stalledUntil - time.now);
				// Not through the process's own time: the disk writes on when the process is dead.
				time.after(wait + time.random() * COMMIT_MS, () => {
					if (!own.isAlive && time.random() < 0.5) return;
					if (state.isFull) {
						if (own.isAlive) reject(new LogUnavailable("disk full"));
						return;
					}
					const outcomes = disk.commit(batch);
					own.after(time.random(), () => resolve(outcomes));
				});
			}),
	};
	return new Proxy(writes, {
		get: (_, name: string) =>
			name in writes
				? writes[name]
				: async (...given: unknown[]): Promise<unknown> => {
						const { reader } = disk;
						const read = reader[name as keyof Reader] as (
							...args: unknown[]
						) => unknown;
						if (time.random() < 0.5) await later(READ_MS);
						const answer = read.apply(reader, given);
						if (time.random() < 0.3) await later(READ_MS);
						return answer;
					},
	}) as unknown as MessageLog;
}
