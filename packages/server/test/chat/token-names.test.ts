import { describe, expect, test } from "vitest";
import { Refusal } from "../../src/chat/refusal.ts";
import { type NameClaim, TokenNames } from "../../src/chat/token-names.ts";

const USER = "a11ce000-0000-4000-8000-000000000001";

function nameClaim(name: string, issuedAt?: number): NameClaim {
	return { userId: USER, name, issuedAt };
}

/** Creates names over a log that completes each write when the test says so. */
function withWrites() {
	const stored = new Map<string, string>();
	const renames: string[] = [];
	let reads = 0;
	let underWay = 0;
	let most = 0;
	let refuses = false;
	const names = new TokenNames(
		{
			nameOf: async (userId) => {
				reads++;
				return stored.get(userId) ?? null;
			},
		},
		{
			rename: async (userId, name) => {
				most = Math.max(most, ++underWay);
				await new Promise(setImmediate);
				underWay--;
				if (refuses)
					throw new Refusal({ code: "unavailable", message: "no writes" });
				renames.push(name);
				stored.set(userId, name);
			},
		},
		() => 1_000_000,
	);
	return {
		names,
		stored,
		renames,
		refuse: (so: boolean) => {
			refuses = so;
		},
		get reads() {
			return reads;
		},
		get most() {
			return most;
		},
	};
}

describe("a user's writes", () => {
	test("a cached name causes no read and no write", async () => {
		const it = withWrites();
		it.stored.set(USER, "Bob");
		for (let i = 0; i < 3; i++) await it.names.keep(nameClaim("Bob"));
		expect([it.reads, it.renames]).toEqual([1, []]);
	});

	test("concurrent requests with the same new name wait for one write", async () => {
		const it = withWrites();
		await Promise.all([1, 2, 3].map(() => it.names.keep(nameClaim("Bob"))));
		expect(it.renames).toEqual(["Bob"]);
	});

	test("requests with different names write one at a time, and the newest token's name wins", async () => {
		const it = withWrites();
		const shown = await Promise.all(
			[3, 1, 5, 2, 4].map((i) => it.names.keep(nameClaim(`name ${i}`, i))),
		);
		expect(it.most).toBe(1);
		expect(it.stored.get(USER)).toBe("name 5");
		expect(shown.at(-1)).toBe("name 5");
		await it.names.keep(nameClaim("name 1", 1));
		expect(it.stored.get(USER)).toBe("name 5");
	});

	test("a name that cannot be stored refuses no request, and the next token retries it", async () => {
		const it = withWrites();
		it.refuse(true);
		expect(await it.names.keep(nameClaim("Bob"))).toBe("Bob");
		it.refuse(false);
		await it.names.keep(nameClaim("Bob"));
		expect(it.stored.get(USER)).toBe("Bob");
	});
});
