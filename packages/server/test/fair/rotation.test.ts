import fc from "fast-check";
import { expect, test } from "vitest";
import { Rotation } from "../../src/fair/rotation.ts";

test("an owner with many items delays another owner by one item", () => {
	const rotation = new Rotation<string>();
	for (const item of ["a1", "a2", "a3"]) rotation.push("a", item);
	expect(rotation.shift()).toBe("a1");
	rotation.push("b", "b1");
	expect([rotation.shift(), rotation.shift(), rotation.shift()]).toEqual([
		"a2",
		"b1",
		"a3",
	]);
	expect(rotation.shift()).toBeUndefined();
	expect(rotation.size).toBe(0);
});

test("every item comes out once, in order for each owner, and no owner is passed over", () => {
	const step = fc.oneof(
		fc.constantFrom("a", "b", "c").map((owner) => ({ owner })),
		fc.constant(undefined),
	);
	fc.assert(
		fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
			const rotation = new Rotation<{ owner: string; n: number }>();
			const waiting = new Map<string, number[]>();
			let n = 0;
			/** Items of others that came out since an owner's item began to wait at the front. */
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
