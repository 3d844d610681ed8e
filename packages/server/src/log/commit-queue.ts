import { Rotation } from "../fair/rotation.ts";
import type { Write } from "./contract.ts";

/** A write that waits for its commit, with whatever its caller needs when the commit has ended. */
export interface Waiting {
	readonly write: Write;
}

/**
 * A batch ends before the write that brings its estimated time above this. Everybody else's next write waits for the
 * batch, so it bounds how long one user's writes delay another user's. Longer batches store more in a second: 10,291
 * messages at 100 per commit, 13,150 at 1,000.
 */
const BATCH_MICROS = 10_000;
/** Rough estimates of what the log spends on a write, its rows and its text. They weigh writes against each other. */
const WRITE_MICROS = 70;
const REMOVAL_MICROS = 300;
const PARTICIPANT_MICROS = 45;
const CHARACTER_MICROS = 0.01;

/** What a user's writes may take in a round of the rotation. */
const QUANTUM_MICROS = 2000;
/** Batches that may end before the same long write. Without a bound it would wait as long as short writes keep coming. */
const MAX_PASSES = 4;

/** The writes that wait for a commit, in rotation among the users that caused them and in order for each user. */
export class CommitQueue<T extends Waiting> {
	readonly #waiting = new Rotation<T>(QUANTUM_MICROS, ({ write }) =>
		microsOf(write),
	);
	/** Batches that have ended before the next write. */
	#passes = 0;

	get size(): number {
		return this.#waiting.size;
	}

	add(item: T): void {
		this.#waiting.push(causedBy(item.write), item);
	}

	/**
	 * The next batch: at least one write, and no more than take a short time to store. A write that takes longer is a
	 * batch of its own, so that the short writes before it do not wait for it.
	 */
	take(): T[] {
		const batch: T[] = [];
		let micros = 0;
		for (let item = this.#waiting.peek(); item; item = this.#waiting.peek()) {
			micros += microsOf(item.write);
			const isFull = micros > BATCH_MICROS;
			if (isFull && batch.length > 0 && this.#passes < MAX_PASSES) {
				this.#passes++;
				break;
			}
			this.#waiting.shift();
			batch.push(item);
			if (isFull) {
				this.#passes = 0;
				break;
			}
		}
		return batch;
	}
}

/** The user whose request or connection made this write. */
function causedBy(write: Write): string {
	switch (write.kind) {
		case "message":
			return write.senderId;
		case "add":
		case "remove":
			return write.actor.userId;
		default:
			return write.userId;
	}
}

function microsOf(write: Write): number {
	switch (write.kind) {
		case "remove":
			return REMOVAL_MICROS;
		case "message":
			return WRITE_MICROS + write.body.length * CHARACTER_MICROS;
		case "create":
			return (
				WRITE_MICROS +
				write.participantIds.length * PARTICIPANT_MICROS +
				write.metadata.length * CHARACTER_MICROS
			);
		case "add":
			return WRITE_MICROS + write.userIds.length * PARTICIPANT_MICROS;
		default:
			return WRITE_MICROS;
	}
}
