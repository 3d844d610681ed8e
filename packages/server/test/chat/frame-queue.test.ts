import fc from "fast-check";
import { expect, test } from "vitest";
import { FrameQueue, type Parts } from "../../src/chat/frame-queue.ts";
import type { Subscriber } from "../../src/chat/ports.ts";

const IDS = ["a", "b", "c"];

/** The compact form of a shared frame has no brackets. */
const FRAMING = {
	frame: (json: string) => Buffer.from(json),
	compact: (frame: Uint8Array) => frame.subarray(1, -1),
};

type Sent =
	| { readonly to: "all" }
	| { readonly to: "others" | "one" | "newcomer"; readonly id: string };

const sent: fc.Arbitrary<Sent> = fc.oneof(
	fc.constant({ to: "all" } as const),
	fc.record({
		to: fc.constantFrom("others" as const, "one" as const, "newcomer" as const),
		id: fc.constantFrom(...IDS),
	}),
);

function fill(queue: FrameQueue, frames: readonly Sent[]): void {
	for (const [i, frame] of frames.entries()) {
		const text = `<${i}>`;
		if (frame.to === "all") queue.toAll(text);
		else if (frame.to === "others") queue.toOthers(text, frame.id);
		else if (frame.to === "newcomer")
			queue.skip({ id: frame.id } as Subscriber);
		else queue.toOne(text, { id: frame.id } as Subscriber);
	}
}

function textOf(parts: Parts): string {
	return Buffer.concat(parts).toString();
}

test("every connection gets exactly its frames, in order", () => {
	fc.assert(
		fc.property(fc.array(sent, { maxLength: 12 }), (frames) => {
			const queue = new FrameQueue(FRAMING);
			fill(queue, frames);
			const { common, special } = queue.take().plain;
			expect(queue.isEmpty).toBe(true);
			/** Joins the wanted frames from index `from` on, where a connection joined. */
			const forIt = (wanted: (frame: Sent) => boolean, from = 0): string =>
				frames
					.map((frame, i) =>
						i >= from && frame.to !== "newcomer" && wanted(frame)
							? `<${i}>`
							: "",
					)
					.join("");
			expect(textOf(common)).toBe(forIt(({ to }) => to !== "one"));
			for (const id of IDS) {
				const came = frames.findLastIndex(
					(frame) => frame.to === "newcomer" && frame.id === id,
				);
				const parts = special.get(id) ?? { all: common, own: [] };
				expect(textOf(parts.all)).toBe(
					forIt(
						(frame) =>
							frame.to === "all" ||
							(frame.to !== "newcomer" &&
								(frame.to === "one") === (frame.id === id)),
						came,
					),
				);
				expect(textOf(parts.own)).toBe(
					forIt((frame) => frame.to === "one" && frame.id === id, came),
				);
			}
		}),
	);
});

test("connections with special bytes share the common ones, however many there are", () => {
	const queue = new FrameQueue(FRAMING);
	queue.toAll("x".repeat(1_000_000));
	for (let i = 0; i < 1000; i++)
		queue.toOne("reply", { id: String(i) } as Subscriber);
	queue.toAll("y".repeat(1_000_000));
	const { common, special } = queue.take().plain;
	expect(special.size).toBe(1000);
	for (const { all } of special.values()) {
		expect(all.map(({ length }) => length)).toEqual([1_000_000, 5, 1_000_000]);
		expect(all[0]?.buffer).toBe(common[0]?.buffer);
	}
});

test("connections that accept compact frames share them, made once and only on demand", () => {
	let made = 0;
	const queue = new FrameQueue({
		...FRAMING,
		compact: (frame) => {
			made++;
			return FRAMING.compact(frame);
		},
	});
	queue.toAll("<1>");
	queue.toOthers("<2>", "a");
	queue.toOne("<3>", { id: "b" } as Subscriber);
	const flush = queue.take();
	expect(textOf(flush.plain.common)).toBe("<1><2>");
	expect(made).toBe(0);
	for (let i = 0; i < 3; i++) {
		expect(textOf(flush.compact.common)).toBe("12");
		expect(textOf(flush.compact.special.get("a")?.all ?? [])).toBe("1");
		expect(textOf(flush.compact.special.get("b")?.all ?? [])).toBe("12<3>");
	}
	expect(made).toBe(2);
});
