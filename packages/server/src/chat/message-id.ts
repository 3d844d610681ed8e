import { randomFillSync } from "node:crypto";

let lastMs = 0;
let counter = 0;

/** Random bytes are drawn many at a time: a call for each id costs more than all the rest of it. */
const RANDOM_BYTES = 8;
const pool = Buffer.alloc(256 * RANDOM_BYTES);
let taken = pool.length;

/**
 * A UUIDv7 (RFC 9562, section 5.7) whose 12 bits after the time count up within a millisecond (section 6.2, method 1),
 * so that the ids of one process sort as they were made and land on the same pages of an index. They order nothing else.
 */
export function createMessageId(nowMs: number): string {
	if (nowMs > lastMs) {
		lastMs = nowMs;
		counter = 0;
	} else if (++counter > 0xfff) {
		// More than 4,096 in a millisecond, or a clock set back: borrow the next millisecond.
		lastMs++;
		counter = 0;
	}
	const time = lastMs.toString(16).padStart(12, "0");
	if (taken === pool.length) {
		randomFillSync(pool);
		taken = 0;
	}
	pool[taken] = ((pool[taken] ?? 0) & 0x3f) | 0x80;
	const tail = pool.toString("hex", taken, taken + RANDOM_BYTES);
	taken += RANDOM_BYTES;
	return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, "0")}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}
