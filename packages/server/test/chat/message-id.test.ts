import { expect, test } from "vitest";
import { createMessageId } from "../../src/chat/message-id.ts";

test("[CH-7] ids are UUIDv7, contain their time, and sort in order of creation even if the clock goes back", () => {
	const start = Date.now() + 60_000;
	const ids = Array.from({ length: 20_000 }, (_, i) =>
		createMessageId(i < 10_000 ? start : start - 3_600_000),
	);
	for (const id of ids)
		expect(id).toMatch(
			/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
		);
	expect(
		Number.parseInt((ids[0] ?? "").replace("-", "").slice(0, 12), 16),
	).toBe(start);
	expect([...ids].sort()).toEqual(ids);
	expect(new Set(ids).size).toBe(ids.length);
});
