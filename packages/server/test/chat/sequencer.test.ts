import type { Entry } from "@secureconnect/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Sequencer } from "../../src/chat/sequencer.ts";

type Batch = readonly [Entry, ...Entry[]];

function entry(seq: number): Entry {
	return {
		type: "chat",
		conversationId: "c",
		seq,
		messageId: `m${seq}`,
		senderId: "s",
		timestamp: seq,
		clientMessageId: null,
		body: "{}",
	};
}

function batch(from: number, to: number): Batch {
	const [first, ...rest] = Array.from({ length: to - from + 1 }, (_, i) =>
		entry(from + i),
	);
	if (!first) throw new Error("an empty batch");
	return [first, ...rest];
}

async function idle(): Promise<void> {
	await new Promise(setImmediate);
}

function observed(read = (from: number, to: number) => batch(from, to)): {
	sequencer: Sequencer;
	emitted: number[];
	reads: [number, number][];
	errors: unknown[];
} {
	const emitted: number[] = [];
	const reads: [number, number][] = [];
	const errors: unknown[] = [];
	const sequencer = new Sequencer(
		async (from, to) => {
			reads.push([from, to]);
			return read(from, to);
		},
		({ seq }) => emitted.push(seq),
		(error) => errors.push(error),
	);
	return { sequencer, emitted, reads, errors };
}

test("a gap is read from the log once, before the entries after it", async () => {
	const { sequencer, emitted, reads } = observed();
	sequencer.start(10);
	sequencer.accept(batch(14, 15));
	sequencer.accept(batch(16, 16));
	await idle();
	expect(emitted).toEqual([11, 12, 13, 14, 15, 16]);
	expect(reads).toEqual([[11, 13]]);
});

test("entries that arrive before the head is known are not lost", async () => {
	const { sequencer, emitted } = observed();
	sequencer.accept(batch(5, 7));
	sequencer.accept(batch(3, 4));
	sequencer.start(5);
	await idle();
	expect(emitted).toEqual([6, 7]);
});

test("after a failed read the order is kept, and the next batch recovers", async () => {
	let broken = true;
	const { sequencer, emitted, errors } = observed((from, to) => {
		if (broken) throw new Error("disk");
		return batch(from, to);
	});
	sequencer.start(0);
	sequencer.accept(batch(3, 3));
	await idle();
	expect(emitted).toEqual([]);
	expect(errors).toHaveLength(1);
	broken = false;
	sequencer.accept(batch(5, 5));
	await idle();
	expect(emitted).toEqual([1, 2, 3, 4, 5]);
});

test("a bus that loses, duplicates and reorders entries only causes reads", async () => {
	const TOTAL = 30;
	await fc.assert(
		fc.asyncProperty(
			fc.integer({ min: 0, max: 5 }),
			fc.array(
				fc.record({
					from: fc.integer({ min: 1, max: TOTAL }),
					length: fc.integer({ min: 1, max: 6 }),
					wait: fc.boolean(),
				}),
				{ maxLength: 20 },
			),
			async (head, deliveries) => {
				const { sequencer, emitted } = observed();
				sequencer.start(head);
				for (const { from, length, wait } of deliveries) {
					sequencer.accept(batch(from, Math.min(TOTAL, from + length - 1)));
					if (wait) await idle();
				}
				sequencer.accept(batch(TOTAL, TOTAL));
				await idle();
				await idle();
				expect(emitted).toEqual(
					Array.from({ length: TOTAL - head }, (_, i) => head + 1 + i),
				);
			},
		),
	);
});

test("a log without entries that the bus announced is an error, not an endless loop", async () => {
	const { sequencer, emitted, errors, reads } = observed(() => batch(1, 2));
	sequencer.start(0);
	sequencer.accept(batch(9, 9));
	await idle();
	expect(emitted).toEqual([1, 2]);
	expect(errors).toHaveLength(1);
	expect(reads).toHaveLength(1);
});
