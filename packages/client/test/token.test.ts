import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClient } from "@secureconnect/client";
import { createRest } from "@secureconnect/client/rest";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { claimsOf, leadMs, TokenSource } from "../src/token.ts";

const NOW = 1_800_000_000_000;
const ALICE = "a11ce000-0000-4000-8000-000000000001";

beforeEach(() => {
	vi.useFakeTimers({ now: NOW });
});
afterEach(() => {
	vi.useRealTimers();
});

function jwt(claims: object): string {
	const part = (value: object): string =>
		Buffer.from(JSON.stringify(value)).toString("base64url");
	return `${part({ alg: "HS256" })}.${part(claims)}.c2ln`;
}

function made(seconds: number, fields: object = {}): string {
	const iat = Date.now() / 1000;
	return jwt({ sub: ALICE, iat, exp: iat + seconds, ...fields });
}

test("claims are read from a JWT: user_id before sub, names in any script; other tokens have no claims", () => {
	expect(
		claimsOf(jwt({ sub: "x", user_id: ALICE.toUpperCase(), name: "Zoë 🐳" })),
	).toEqual({ userId: ALICE, expiresAt: undefined, lifetimeMs: undefined });
	expect(claimsOf(jwt({ sub: ALICE, iat: 100, exp: 160 }))).toEqual({
		userId: ALICE,
		expiresAt: 160_000,
		lifetimeMs: 60_000,
	});
	for (const token of ["", "opaque", "a.b.c", "..", "💥.💥.💥"])
		expect(claimsOf(token)).toEqual({
			userId: undefined,
			expiresAt: undefined,
			lifetimeMs: undefined,
		});
});

test("a token is renewed five minutes or a fifth of its lifetime before its end, whichever is later", () => {
	expect(leadMs(3_600_000)).toBe(300_000);
	expect(leadMs(25 * 60_000)).toBe(300_000);
	expect(leadMs(10 * 60_000)).toBe(120_000);
	expect(leadMs(60_000)).toBe(12_000);
});

test("a token is kept until renewal is due, requested once for all callers, and requested again after a rejection", async () => {
	const fetch = vi.fn(async () => made(600));
	const tokens = new TokenSource(fetch, undefined);
	const [first, same] = await Promise.all([tokens.get(), tokens.get()]);
	expect(same).toBe(first);
	expect(tokens.userId).toBe(ALICE);
	vi.advanceTimersByTime(479_000);
	expect(await tokens.get()).toBe(first);
	expect(fetch).toHaveBeenCalledTimes(1);
	vi.advanceTimersByTime(1000);
	const second = await tokens.get();
	expect(second).not.toBe(first);
	expect(await tokens.get(first)).toBe(second);
	expect(fetch).toHaveBeenCalledTimes(2);
	await tokens.get(second);
	expect(fetch).toHaveBeenCalledTimes(3);
});

test("a missing token and a different user's token are final; a token that is not available now is not", async () => {
	await expect(
		new TokenSource(() => "", undefined).get(),
	).rejects.toMatchObject({ code: "unauthorized" });
	const other = made(600, { sub: "b0b00000-0000-4000-8000-000000000002" });
	await expect(new TokenSource(() => other, ALICE).get()).rejects.toMatchObject(
		{ code: "other_user" },
	);
	const offline = new Error("offline");
	const tokens = new TokenSource(() => Promise.reject(offline), undefined);
	await expect(tokens.get()).rejects.toBe(offline);
});

test("a rejected token is not returned again, even if the first attempt to replace it failed", async () => {
	let isBroken = false;
	const tokens = new TokenSource(() => {
		if (isBroken) throw new Error("out of order");
		return made(3600);
	}, undefined);
	const refused = await tokens.get();
	vi.advanceTimersByTime(1000);
	isBroken = true;
	await expect(tokens.get(refused)).rejects.toThrow("out of order");
	isBroken = false;
	expect(await tokens.get()).not.toBe(refused);
});

const SECRET = "eyJhbGciOiJIUzI1NiJ9";

test.each([
	["a login page", `<!doctype html><p>${SECRET}</p>`],
	["JSON", `{"token":"${SECRET}"}`],
	["a header", `Bearer ${SECRET}`],
	["two lines", `${SECRET}\n`],
	["an object", { token: SECRET }],
	["nothing", undefined],
	["null", null],
])(
	"%s is not a token: the error says so and does not repeat it",
	async (_, returned) => {
		const tokens = new TokenSource(() => returned as string, undefined);
		const error: unknown = await tokens
			.get()
			.catch((caught: unknown) => caught);
		expect(error).toMatchObject({ code: "invalid_token" });
		expect(String(error)).not.toContain(SECRET);
	},
);

test("a token with characters that a subprotocol cannot hold fails the connection, and the error does not repeat it", async () => {
	vi.useRealTimers();
	const client = createClient({
		url: "http://127.0.0.1:9",
		token: () => `${SECRET}/`,
	});
	const room = client.conversation(ALICE);
	await expect.poll(() => room.state.name).toBe("failed");
	expect(room.state).toMatchObject({ error: { code: "invalid_token" } });
	expect(
		JSON.stringify([room.state, String(Object(room.state).error)]),
	).not.toContain(SECRET);
	client.close();
});

test("createClient and createRest reject a token given as text", () => {
	const options = { url: "http://127.0.0.1:9", token: "abc" as never };
	expect(() => createClient(options)).toThrow("token must be a function");
	expect(() => createRest(options)).toThrow("token must be a function");
});

test.each([
	"docs/client.md",
	"docs/react.md",
	"docs/react/chat-provider.md",
	"packages/client/README.md",
	"packages/react/README.md",
])(
	"every example in %s checks the response before it uses the token",
	(file) => {
		const text = readFileSync(
			join(import.meta.dirname, "../../..", file),
			"utf8",
		);
		const examples = text
			.split(/^```/m)
			.filter((_, i) => i % 2 === 1)
			.filter((code) => code.includes("fetch(") && code.includes("token"));
		expect(examples).not.toEqual([]);
		for (const code of examples) expect(code).toContain("response.ok");
	},
);

test("a token function that never settles counts as failed after 30 s and is called again", async () => {
	const fetch = vi
		.fn<() => Promise<string>>()
		.mockReturnValueOnce(new Promise(() => {}))
		.mockImplementation(async () => made(600));
	const tokens = new TokenSource(fetch, undefined);
	const first = tokens.get().catch((error: unknown) => error);
	await vi.advanceTimersByTimeAsync(29_999);
	expect(fetch).toHaveBeenCalledTimes(1);
	await vi.advanceTimersByTimeAsync(1);
	expect(await first).not.toHaveProperty("code");
	expect(await tokens.get()).toBe(made(600));
});

test("reconnect() calls the token function again while an earlier call is pending", async () => {
	const fetch = vi.fn(() => new Promise<string>(() => {}));
	const client = createClient({ url: "http://127.0.0.1:9", token: fetch });
	const room = client.conversation(ALICE);
	expect(fetch).toHaveBeenCalledTimes(1);
	room.reconnect();
	expect(fetch).toHaveBeenCalledTimes(2);
	client.close();
});
