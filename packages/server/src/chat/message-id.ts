import { randomFillSync } from "node:crypto";

let lastMs = 0;
let counter = 0;

/** Random bytes are drawn in blocks, because a call for each id would cost more than the rest of the function. */
const RANDOM_BYTES = 8;
const pool = Buffer.alloc(256 * RANDOM_BYTES);
let taken = pool.length;

/**
 * Creates a UUIDv7 (RFC 9562, section 5.7). The 12 bits after the time are a counter within the millisecond (section
 * 6.2, method 1). The ids of one process therefore sort in order of creation and share pages of an index. They do not
 * order entries.
 */
export function createMessageId(nowMs: number): string {
	if (nowMs > lastMs) {
		lastMs = nowMs;
		counter = 0;
	} else if (++counter > 0xfff) {
		// The process created more than 4,096 ids in a millisecond, or the clock was set back: use the next millisecond.
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
