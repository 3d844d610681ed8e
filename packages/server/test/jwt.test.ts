import { generateKeyPairSync, type KeyObject, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ServerFrames } from "@secureconnect/protocol";
import {
	publicKey,
	type ServerOptions,
	StartupError,
	secretKey,
} from "@secureconnect/server";
import { type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test } from "vitest";
import {
	startTestServer,
	type TestServer,
	temporaryDirectory,
} from "./support/server.ts";
import { expectShape } from "./support/shape.ts";
import { SECRET, token } from "./support/token.ts";

const USER = randomUUID();
const OTHER_SECRET = "another secret for tests, 32 bytes or more";

const KEYS = {
	RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
	ES256: generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
	EdDSA: generateKeyPairSync("ed25519"),
};
type Algorithm = keyof typeof KEYS;
const ALGORITHMS = Object.keys(KEYS) as Algorithm[];

function now(): number {
	return Math.floor(Date.now() / 1000);
}

function pemOf(key: KeyObject): string {
	const type = key.type === "private" ? "pkcs8" : "spki";
	return key.export({ type, format: "pem" }).toString();
}

function fileOf(content: string): string {
	const file = join(temporaryDirectory(), "key.pem");
	writeFileSync(file, content);
	return file;
}

function sign(
	alg: string,
	key: KeyObject | Uint8Array,
	claims: JWTPayload = {},
): Promise<string> {
	return new SignJWT({ sub: USER, exp: now() + 3600, ...claims })
		.setProtectedHeader({ alg })
		.sign(key);
}

/** Returns 200 or 401: whether the server accepts a token. */
async function verdict(server: TestServer, jwt: string): Promise<number> {
	const { status } = await fetch(`http://${server.address}/v1/conversations`, {
		headers: { Authorization: `Bearer ${jwt}` },
	});
	return status;
}

describe("[TK-7] the algorithm of the server's key is the only one accepted", () => {
	test("HS256 for a secret", async () => {
		const server = await startTestServer();
		const secret = new TextEncoder().encode(SECRET);
		expect(await verdict(server, await sign("HS256", secret))).toBe(200);
		expect(await verdict(server, await token(USER, {}, OTHER_SECRET))).toBe(
			401,
		);
		const long = new TextEncoder().encode(SECRET.repeat(2));
		const weak = await startTestServer({
			key: await secretKey(SECRET.repeat(2)),
		});
		for (const alg of ["HS384", "HS512"])
			expect([alg, await verdict(weak, await sign(alg, long))]).toEqual([
				alg,
				401,
			]);
	});

	test.each(ALGORITHMS)("%s for a public key of its kind", async (own) => {
		const pem = pemOf(KEYS[own].publicKey);
		const server = await startTestServer({ key: await publicKey(fileOf(pem)) });
		for (const alg of ALGORITHMS)
			expect([
				alg,
				await verdict(server, await sign(alg, KEYS[alg].privateKey)),
			]).toEqual([alg, alg === own ? 200 : 401]);
		const stranger = {
			RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
			ES256: () => generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
			EdDSA: () => generateKeyPairSync("ed25519"),
		}[own]();
		expect(await verdict(server, await sign(own, stranger.privateKey))).toBe(
			401,
		);
	});

	test("not HS256 with the public key's PEM for a secret", async () => {
		const pem = pemOf(KEYS.RS256.publicKey);
		const server = await startTestServer({ key: await publicKey(fileOf(pem)) });
		for (const secret of [pem, pem.trim()]) {
			const forged = await sign("HS256", new TextEncoder().encode(secret));
			expect(await verdict(server, forged)).toBe(401);
		}
	});

	test("not PS256 with an RSA key", async () => {
		const pem = pemOf(KEYS.RS256.publicKey);
		const server = await startTestServer({ key: await publicKey(fileOf(pem)) });
		expect(
			await verdict(server, await sign("PS256", KEYS.RS256.privateKey)),
		).toBe(401);
	});

	test("Ed25519, the newer name of EdDSA, too", async () => {
		const pem = pemOf(KEYS.EdDSA.publicKey);
		const server = await startTestServer({ key: await publicKey(fileOf(pem)) });
		expect(
			await verdict(server, await sign("Ed25519", KEYS.EdDSA.privateKey)),
		).toBe(200);
	});

	test("never none", async () => {
		const none = new UnsecuredJWT({ sub: USER })
			.setExpirationTime("1h")
			.encode();
		const pem = pemOf(KEYS.ES256.publicKey);
		for (const key of [await secretKey(SECRET), await publicKey(fileOf(pem))])
			expect(await verdict(await startTestServer({ key }), none)).toBe(401);
	});
});

describe("[HS-3] [TK-6] a token is", () => {
	const cases: [
		what: string,
		status: number,
		claims: () => Record<string, unknown>,
		options?: Partial<ServerOptions>,
	][] = [
		["refused without exp", 401, () => ({ exp: undefined })],
		["refused if exp is not a number", 401, () => ({ exp: "tomorrow" })],
		["refused after exp", 401, () => ({ exp: now() - 5 })],
		[
			"accepted within the leeway after exp",
			200,
			() => ({ exp: now() - 5 }),
			{ leewaySeconds: 60 },
		],
		[
			"refused beyond the leeway after exp",
			401,
			() => ({ exp: now() - 65 }),
			{ leewaySeconds: 60 },
		],
		["accepted with an exp beyond every date", 200, () => ({ exp: 1e300 })],
		["refused before nbf", 401, () => ({ nbf: now() + 30 })],
		[
			"accepted within the leeway before nbf",
			200,
			() => ({ nbf: now() + 30 }),
			{ leewaySeconds: 60 },
		],
		["accepted after nbf", 200, () => ({ nbf: now() - 5 })],
		[
			"refused without the issuer",
			401,
			() => ({}),
			{ issuer: "https://id.example" },
		],
		[
			"refused from a different issuer",
			401,
			() => ({ iss: "https://evil.example" }),
			{ issuer: "https://id.example" },
		],
		[
			"accepted from the issuer",
			200,
			() => ({ iss: "https://id.example" }),
			{ issuer: "https://id.example" },
		],
		[
			"accepted from any issuer if none is set",
			200,
			() => ({ iss: "https://id.example" }),
		],
		["refused without the audience", 401, () => ({}), { audience: "chat" }],
		[
			"refused for a different audience",
			401,
			() => ({ aud: ["mail", "chats"] }),
			{ audience: "chat" },
		],
		[
			"accepted for the audience among others",
			200,
			() => ({ aud: ["mail", "chat"] }),
			{ audience: "chat" },
		],
		["refused as a refresh token by typ", 401, () => ({ typ: "refresh" })],
		[
			"refused as a refresh token by typ, any case",
			401,
			() => ({ typ: "Refresh" }),
		],
		[
			"refused as a refresh token by token_use, any case",
			401,
			() => ({ token_use: "REFRESH" }),
		],
		[
			"refused as a refresh token by token_type, as in simplejwt",
			401,
			() => ({ token_type: "refresh" }),
		],
		[
			"refused as a refresh token by type, as in flask-jwt-extended",
			401,
			() => ({ type: "refresh" }),
		],
		[
			"refused as a refresh token with a different name",
			401,
			() => ({ token_type: "refresh_token" }),
		],
		[
			"accepted as an access token by token_type",
			200,
			() => ({ token_type: "access", type: "access", typ: "Bearer" }),
		],
		[
			"accepted as an access token by token_use",
			200,
			() => ({ token_use: "access" }),
		],
	];
	test.each(cases)("%s", async (_, status, claims, options = {}) => {
		const server = await startTestServer(options);
		expect(
			await verdict(server, await token(USER, claims() as JWTPayload)),
		).toBe(status);
	});

	test.each([
		["Refresh", 401],
		["refresh+jwt", 401],
		["at+jwt", 200],
	])("with typ %s in its header gets %i", async (typ, status) => {
		const server = await startTestServer();
		const jwt = await new SignJWT({ sub: USER, exp: now() + 3600 })
			.setProtectedHeader({ alg: "HS256", typ })
			.sign(new TextEncoder().encode(SECRET));
		expect(await verdict(server, jwt)).toBe(status);
	});

	test.each(["", "x", "a.b", "a.b.c", "a.b.c.d.e", "%00", "é.é.é"])(
		"refused because it is not a token: %j",
		async (jwt) => {
			const server = await startTestServer();
			const query = `?conversation_id=${randomUUID()}&access_token=${encodeURIComponent(jwt)}`;
			const answer = await fetch(`http://${server.address}/v1/ws/chat${query}`);
			expect(answer.status).toBe(401);
			expect(answer.headers.get("www-authenticate")).toBe("Bearer");
		},
	);
});

describe("the server does not start with", () => {
	const privatePem = pemOf(KEYS.RS256.privateKey);
	const rsa1024 = generateKeyPairSync("rsa", { modulusLength: 1024 });
	const p384 = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
	const x25519 = generateKeyPairSync("x25519");

	test.each<[what: string, key: () => Promise<unknown>, why: RegExp]>([
		["a secret of 31 bytes", () => secretKey("s".repeat(31)), /31 bytes.*32/],
		["an empty secret", () => secretKey(""), /0 bytes/],
		["a missing file", () => publicKey("/nowhere/key.pem"), /ENOENT/],
		[
			"a directory instead of a file",
			() => publicKey(temporaryDirectory()),
			/EISDIR/,
		],
		["an empty file", () => publicKey(fileOf("")), /no public key/],
		["a file without a key", () => publicKey(fileOf("hello")), /no public key/],
		["a private key", () => publicKey(fileOf(privatePem)), /no public key/],
		[
			"RSA of 1024 bits",
			() => publicKey(fileOf(pemOf(rsa1024.publicKey))),
			/2048/,
		],
		[
			"a different curve",
			() => publicKey(fileOf(pemOf(p384.publicKey))),
			/P-256/,
		],
		[
			"a key that cannot sign",
			() => publicKey(fileOf(pemOf(x25519.publicKey))),
			/Ed25519/,
		],
	])("%s, and says why in one line", async (_, key, why) => {
		const error = await key().then(
			() => undefined,
			(e: unknown) => e,
		);
		expect(error).toBeInstanceOf(StartupError);
		expect((error as StartupError).message).toMatch(why);
		expect((error as StartupError).message).not.toContain("\n");
		expect((error as StartupError).message).not.toContain("PRIVATE");
	});

	test("less than 32 bytes of secret; 32 bytes suffice, however many characters", async () => {
		const secret = "ä".repeat(16);
		const server = await startTestServer({ key: await secretKey(secret) });
		expect(await verdict(server, await token(USER, {}, secret))).toBe(200);
	});
});

describe("[TK-8] [CL-3] a connection", () => {
	test.each([
		["closes within 5 s of its token's expiry", 0],
		["lasts for the leeway beyond its token's expiry", 2],
	])("%s", async (_, leewaySeconds) => {
		const server = await startTestServer({ leewaySeconds });
		const exp = now() + 2;
		const client = await server.connect(randomUUID(), USER, {
			token: await token(USER, { exp }),
		});
		const end = (exp + leewaySeconds) * 1000;
		expect(await client.closed).toEqual({
			code: 1008,
			reason: "token expired",
		});
		expect(Date.now()).toBeGreaterThanOrEqual(end);
		expect(Date.now()).toBeLessThan(end + 5000);
	});

	test("with a token that never expires gets the latest time that RFC 3339 can express", async () => {
		const server = await startTestServer();
		const client = await server.connect(randomUUID(), USER, {
			token: await token(USER, { exp: 1e300 }),
			protocols: ["secureconnect.v1"],
		});
		const welcome = await client.next("welcome");
		expect(welcome.expires_at).toBe("9999-12-31T23:59:59.999Z");
		expectShape(ServerFrames.welcome, welcome);
		client.send({ type: "chat", content: "still here" });
		await client.next("chat");
	});
});
