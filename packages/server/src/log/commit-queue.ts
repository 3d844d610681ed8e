import type { Mentions } from "@secureconnect/protocol";
import { ENTRY_TYPES } from "@secureconnect/protocol/entries";
import { Rotation } from "../fair/rotation.ts";
import type { Write } from "./contract.ts";

/** Write that waits for its commit, with the data that its caller needs when the commit has ended. */
export interface Waiting {
	readonly write: Write;
}

/**
 * A batch ends before the write that brings its estimated time above this. The next writes of all other users wait for
 * the batch, so this limits how long one user's writes delay those of other users. Longer batches store more per
 * second: 10,291 messages at 100 per commit, 13,150 at 1,000.
 */
const BATCH_MICROS = 10_000;
/** Rough estimates of the log's time for a write, its rows and its text. They weigh writes against each other. */
const WRITE_MICROS = 70;
const REMOVAL_MICROS = 300;
/** An erasure also changes rows of the message's amendments. */
const ERASURE_MICROS = 500;
/** A step of a deletion takes long, so it is a batch of its own. */
const DELETION_MICROS = 20_000;
const PARTICIPANT_MICROS = 45;
const CHARACTER_MICROS = 0.01;
/** A mention is a row of its own. */
const MENTION_MICROS = 15;

/** Time that one user's writes may take per round of the rotation. */
const QUANTUM_MICROS = 2000;
/**
 * Maximum number of batches that may go before the same long write. Without this limit the write would wait as long as
 * short writes arrive.
 */
const MAX_PASSES = 4;

/**
 * Queue of the writes that wait for a commit. It rotates among the users who caused them and keeps each user's order.
 */
export class CommitQueue<T extends Waiting> {
	readonly #waiting = new Rotation<T>(QUANTUM_MICROS, ({ write }) =>
		microsOf(write),
	);
	/** Write before which the most recent batch ended, and the number of batches that have ended before it. */
	#passed: T | undefined;
	#passes = 0;

	get size(): number {
		return this.#waiting.size;
	}

	add(item: T): void {
		this.#waiting.push(causedBy(item.write), item);
	}

	/**
	 * Takes the next batch: at least one write, and no more than the log stores in a short time. A write that takes
	 * longer is a batch of its own, so that the short writes before it do not wait for it.
	 */
	take(): T[] {
		const batch: T[] = [];
		let micros = 0;
		for (let item = this.#waiting.peek(); item; item = this.#waiting.peek()) {
			micros += microsOf(item.write);
			const isFull = micros > BATCH_MICROS;
			if (isFull && batch.length > 0) {
				this.#passes = item === this.#passed ? this.#passes + 1 : 1;
				this.#passed = item;
				if (this.#passes <= MAX_PASSES) break;
			}
			this.#waiting.shift();
			batch.push(item);
			if (isFull) break;
		}
		if (this.#waiting.size === 0) this.#passed = undefined;
		return batch;
	}
}

/** Returns the user whose request or connection caused this write. */
function causedBy(write: Write): string {
	switch (write.kind) {
		case "message":
			return write.senderId;
		case "add":
		case "amend":
		case "assign":
		case "change":
		case "erase":
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
		case "erase":
		case "purge":
			return DELETION_MICROS;
		case "message":
			return (
				WRITE_MICROS +
				write.body.length * CHARACTER_MICROS +
				microsOfMentions(write.mentions)
			);
		case "amend":
			return (
				(ENTRY_TYPES[write.type].fold.kind === "erase"
					? ERASURE_MICROS
					: WRITE_MICROS) +
				write.body.length * CHARACTER_MICROS +
				microsOfMentions(write.mentions)
			);
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

function microsOfMentions(mentions: Mentions | undefined): number {
	return (mentions?.userIds.length ?? 0) * MENTION_MICROS;
}
