import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { remembering } from "../../src/auth/remember.ts";
import { Unauthorized } from "../../src/auth/verify.ts";
import type { Identity } from "../../src/chat/authorise.ts";

const EXPIRES_AT = 100_000;
const LEEWAY_MS = 5000;

/** Creates a verifier that remembers, a clock that it reads, and the tokens that were verified in full. */
function remembered() {
	const clock = { ms: 0 };
	const verified: string[] = [];
	const verify = remembering(
		async (token) => {
			verified.push(token);
			await new Promise(setImmediate);
			if (token === "forged" || clock.ms >= EXPIRES_AT + LEEWAY_MS)
				throw new Unauthorized("refused");
			return {
				userId: randomUUID(),
				name: token,
				issuedAt: undefined,
				admin: false,
				expiresAt: EXPIRES_AT,
			};
		},
		LEEWAY_MS,
		() => clock.ms,
	);
	return { clock, verified, verify };
}

test("a token is verified once, also if it arrives again before that ends", async () => {
	const { verified, verify } = remembered();
	const [first, second] = await Promise.all([verify("a"), verify("a")]);
	expect(second).toBe(first);
	expect(await verify("a")).toBe(first);
	expect((await verify("b")).name).toBe("b");
	expect(verified).toEqual(["a", "b"]);
});

test("a remembered token is refused after it has expired", async () => {
	const { clock, verified, verify } = remembered();
	await verify("a");
	clock.ms = EXPIRES_AT + LEEWAY_MS - 1;
	await verify("a");
	expect(verified).toEqual(["a"]);
	clock.ms = EXPIRES_AT + LEEWAY_MS;
	await expect(verify("a")).rejects.toThrow(Unauthorized);
	await expect(verify("a")).rejects.toThrow(Unauthorized);
});

test("a refused token is verified each time", async () => {
	const { verified, verify } = remembered();
	for (let i = 0; i < 2; i++)
		await expect(verify("forged")).rejects.toThrow(Unauthorized);
	expect(verified).toEqual(["forged", "forged"]);
});

test("a limited number of tokens is remembered, the newest", async () => {
	const { verified, verify } = remembered();
	await Promise.all(
		Array.from({ length: 10_001 }, (_, i) => verify(String(i))),
	);
	verified.length = 0;
	await verify("10000");
	await verify("0");
	expect(verified).toEqual(["0"]);
});

test("a verifier that returns identities without promises is remembered too, except its errors", () => {
	let verified = 0;
	const identity: Identity = {
		userId: randomUUID(),
		name: undefined,
		issuedAt: undefined,
		admin: false,
		expiresAt: EXPIRES_AT,
	};
	const verify = remembering(
		(token) => {
			verified++;
			if (token === "forged") throw new Unauthorized("refused");
			return identity;
		},
		LEEWAY_MS,
		() => 0,
	);
	for (let i = 0; i < 2; i++) {
		expect(verify("a")).toBe(identity);
		expect(() => verify("forged")).toThrow(Unauthorized);
	}
	expect(verified).toBe(3);
});
