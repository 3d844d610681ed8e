import {
	createHmac,
	createPrivateKey,
	generateKeyPairSync,
	type KeyObject,
	randomUUID,
	sign,
} from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
// `jose` is the reference.
import { jwtVerify } from "jose";
import { describe, expect, test } from "vitest";
import { publicKey, secretKey } from "../../src/auth/key.ts";
import {
	createVerify,
	InvalidUserId,
	Unauthorized,
} from "../../src/auth/verify.ts";
import { repeats } from "../support/long.ts";
import { temporaryDirectory } from "../support/server.ts";
import { SECRET } from "../support/token.ts";

const ISSUER = "https://id.example";
const LEEWAY_SECONDS = 60;
const NOW = Math.floor(Date.now() / 1000);
/** One for all keys, so that a token of one algorithm can name another one. */
const ALGORITHMS = ["HS256", "RS256", "ES256", "EdDSA"] as const;
type Algorithm = (typeof ALGORITHMS)[number];

const PAIRS = {
	RS256: generateKeyPairSync("rsa", { modulusLength: 2048 }),
	ES256: generateKeyPairSync("ec", { namedCurve: "prime256v1" }),
	EdDSA: generateKeyPairSync("ed25519"),
};

function signature(algorithm: Algorithm, text: string): Buffer {
	if (algorithm === "HS256")
		return createHmac("sha256", SECRET).update(text).digest();
	const { privateKey } = PAIRS[algorithm];
	return sign(algorithm === "EdDSA" ? null : "sha256", Buffer.from(text), {
		key: createPrivateKey(
			privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
		),
		dsaEncoding: "ieee-p1363",
	});
}

function base64url(text: string): string {
	return Buffer.from(text).toString("base64url");
}

function fileOf(key: KeyObject): string {
	const file = join(temporaryDirectory(), "key.pem");
	writeFileSync(file, key.export({ type: "spki", format: "pem" }));
	return file;
}

/** Returns the server's verifier and the keys that `jose` needs for the same tokens. */
async function verifiers(algorithm: Algorithm) {
	const options = {
		issuer: ISSUER,
		audience: "chat",
		leewaySeconds: LEEWAY_SECONDS,
	};
	const reference =
		algorithm === "HS256"
			? new TextEncoder().encode(SECRET)
			: PAIRS[algorithm].publicKey;
	const key =
		reference instanceof Uint8Array
			? await secretKey(SECRET)
			: await publicKey(fileOf(reference));
	const verify = createVerify({ ...options, key });
	return { verify: async (token: string) => verify(token), reference };
}

/** Returns the claims if `jose` accepts the token. */
async function accepted(
	token: string,
	algorithm: Algorithm,
	key: KeyObject | Uint8Array,
): Promise<Record<string, unknown> | undefined> {
	const { payload, protectedHeader } = await jwtVerify(token, key, {
		algorithms: algorithm === "EdDSA" ? ["EdDSA", "Ed25519"] : [algorithm],
		requiredClaims: ["exp"],
		clockTolerance: LEEWAY_SECONDS,
		issuer: ISSUER,
		audience: "chat",
	}).catch(() => ({ payload: undefined, protectedHeader: undefined }));
	// The server refuses `crit` with any value (see below).
	return protectedHeader?.crit === undefined ? payload : undefined;
}

const times = fc.constantFrom(
	NOW - 7200,
	NOW - 30,
	NOW,
	NOW + 30,
	NOW + 7200,
	0,
	-1,
	1e300,
	"soon",
	null,
	{},
);
const others = fc.constantFrom<unknown>("", 7, null, [], {}, ["chat"], "chat");

/** Mostly claims that the server accepts. Any of them may be absent or have a wrong value or type. */
const claims = fc.record(
	{
		sub: fc.constant(randomUUID()),
		user_id: fc.constantFrom(randomUUID(), null, "mallory"),
		iss: fc.oneof(
			{ weight: 9, arbitrary: fc.constant(ISSUER) },
			{ weight: 1, arbitrary: others },
		),
		aud: fc.oneof(
			{ weight: 9, arbitrary: fc.constantFrom("chat", ["mail", "chat"]) },
			{ weight: 1, arbitrary: others },
		),
		exp: fc.oneof(
			{ weight: 9, arbitrary: fc.constant(NOW + 3600) },
			{ weight: 2, arbitrary: times },
		),
		nbf: fc.oneof({ weight: 3, arbitrary: fc.constant(NOW - 5) }, times),
		iat: fc.oneof({ weight: 3, arbitrary: fc.constant(NOW - 5) }, times),
	},
	{ requiredKeys: ["exp", "iss", "aud", "sub"] },
);

/** Header fields in addition to the right `alg`, or instead of it. */
const headers = fc.record(
	{
		alg: fc.constantFrom<unknown>(...ALGORITHMS, "none", "HS512", 5, ["HS256"]),
		typ: fc.constantFrom<unknown>("JWT", "at+jwt", 7),
		kid: fc.string(),
		crit: fc.constantFrom<unknown>([], ["b64"], ["exp"], "b64", null),
		b64: fc.constantFrom<unknown>(true, false, 1),
	},
	{ requiredKeys: [] },
);

/** Text in place of the JSON of a header or of claims. */
const spoilt = fc.constantFrom(
	"",
	"null",
	"[]",
	"7",
	'"x"',
	"{",
	'{"exp":1e400}',
	'{"__proto__":{"alg":"HS256"}}',
	"\u0000",
	"é",
);
/** Absent `weight` times as often as present. */
const rarely = <T>(
	arbitrary: fc.Arbitrary<T>,
	weight = 15,
): fc.Arbitrary<T | undefined> =>
	fc.oneof(
		{ weight, arbitrary: fc.constant(undefined) },
		{ weight: 1, arbitrary },
	);

/** Change to the text of a token: a character at a place is replaced, inserted or removed. */
const change = fc.record({
	at: fc.double({ min: 0, max: 1, noNaN: true }),
	removed: fc.nat(1),
	inserted: fc.constantFrom("", ".", "=", "A", "_", "+", "/", "%", "é"),
});

function changed(
	token: string,
	{ at, removed, inserted }: { at: number; removed: number; inserted: string },
): string {
	const place = Math.floor(at * token.length);
	return token.slice(0, place) + inserted + token.slice(place + removed);
}

describe("[TK-6] [TK-7] the server accepts the same tokens as jose", () => {
	test.each(ALGORITHMS)("with a key for %s", async (algorithm) => {
		const { verify, reference } = await verifiers(algorithm);
		let count = 0;
		await fc.assert(
			fc.asyncProperty(
				fc.record({
					claims,
					header: rarely(headers),
					spoiltHeader: rarely(spoilt),
					spoiltClaims: rarely(spoilt),
					signer: rarely(fc.constantFrom(...ALGORITHMS)),
					change: rarely(change, 2),
				}),
				async (made) => {
					const header = { alg: algorithm, ...made.header };
					const text = [
						made.spoiltHeader ?? JSON.stringify(header),
						made.spoiltClaims ?? JSON.stringify(made.claims),
					]
						.map(base64url)
						.join(".");
					const signed = `${text}.${signature(made.signer ?? algorithm, text).toString("base64url")}`;
					const token = made.change ? changed(signed, made.change) : signed;
					const known = await accepted(token, algorithm, reference);
					const identity = await verify(token).catch((error: unknown) => error);
					if (!known) {
						expect(identity).toBeInstanceOf(Unauthorized);
						return;
					}
					count++;
					const userId = known.user_id ?? known.sub;
					if (userId === "mallory")
						expect(identity).toBeInstanceOf(InvalidUserId);
					else expect(identity).toMatchObject({ userId });
				},
			),
			{ numRuns: repeats(algorithm === "HS256" ? 1000 : 200) },
		);
		// Otherwise the test compares refusals only.
		expect(count).toBeGreaterThan(20);
	});
});

test.each([
	["an extension that it must understand", { crit: ["exp"], exp: 1 }, ""],
	["the extension b64", { crit: ["b64"], b64: true }, ""],
	["a header longer than any HTTP header", { kid: "k".repeat(13_000) }, ""],
	["a space", {}, " "],
	["a line break", {}, "\n"],
])("[TK-7] a token is refused if it has %s", async (_, header, end) => {
	const { verify } = await verifiers("HS256");
	const claims = {
		sub: randomUUID(),
		iss: ISSUER,
		aud: "chat",
		exp: NOW + 3600,
	};
	const tokenWith = (fields: object): string => {
		const text = [{ alg: "HS256", ...fields }, claims]
			.map((part) => base64url(JSON.stringify(part)))
			.join(".");
		return `${text}.${signature("HS256", text).toString("base64url")}`;
	};
	expect(await verify(tokenWith({}))).toMatchObject({ userId: claims.sub });
	await expect(verify(tokenWith(header) + end)).rejects.toThrow(Unauthorized);
});
