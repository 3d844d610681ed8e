import fc from "fast-check";
import { expect, test } from "vitest";
import { Rotation } from "../../src/fair/rotation.ts";

test("an owner with an empty lane goes before an owner with many items", () => {
	const rotation = new Rotation<string>();
	for (const item of ["a1", "a2", "a3"]) rotation.push("a", item);
	expect(rotation.shift()).toBe("a1");
	rotation.push("b", "b1");
	expect([rotation.shift(), rotation.shift(), rotation.shift()]).toEqual([
		"b1",
		"a2",
		"a3",
	]);
	expect(rotation.shift()).toBeUndefined();
	expect(rotation.size).toBe(0);
});

test("an expensive item waits until its owner has the credit, or no other owner waits", () => {
	const rotation = new Rotation<number>(2, (cost) => cost);
	rotation.push("a", 5);
	expect(rotation.peek()).toBe(5);
	for (const cost of [1, 1, 1]) rotation.push("b", cost);
	rotation.push("a", 6);
	rotation.push("c", 2);
	const all = Array.from({ length: 6 }, () => rotation.shift());
	expect(all).toEqual([1, 1, 2, 5, 1, 6]);
	expect(rotation.peek()).toBeUndefined();
});

test("an owner that sends one item after the other does not stay new", () => {
	const rotation = new Rotation<string>();
	for (const item of ["a1", "a2", "a3"]) rotation.push("a", item);
	rotation.shift();
	rotation.push("b", "b1");
	expect(rotation.shift()).toBe("b1");
	rotation.push("b", "b2");
	expect([rotation.shift(), rotation.shift(), rotation.shift()]).toEqual([
		"a2",
		"b2",
		"a3",
	]);
});

test("every item comes out once, in order for each owner, and no owner starves", () => {
	const step = fc.oneof(
		fc.constantFrom("a", "b", "c").map((owner) => ({ owner })),
		fc.constant(undefined),
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
			const rotation = new Rotation<{ owner: string; n: number }>();
			const waiting = new Map<string, number[]>();
			let n = 0;
			/** Number of items of other owners that came out since an owner's item began to wait at the front. */
			const passedOver = new Map<string, number>();
			for (const push of steps) {
				if (push) {
					rotation.push(push.owner, { owner: push.owner, n });
					waiting.set(push.owner, [...(waiting.get(push.owner) ?? []), n++]);
					continue;
				}
				const item = rotation.shift();
				if (!item) {
					expect([...waiting.values()].flat()).toEqual([]);
					continue;
				}
				expect(waiting.get(item.owner)?.shift()).toBe(item.n);
				for (const [owner, items] of waiting)
					passedOver.set(
						owner,
						owner === item.owner || items.length === 0
							? 0
							: (passedOver.get(owner) ?? 0) + 1,
					);
				expect(Math.max(0, ...passedOver.values())).toBeLessThanOrEqual(2);
			}
			expect(rotation.size).toBe([...waiting.values()].flat().length);
		}),
	);
});
