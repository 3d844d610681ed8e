import {
	createHmac,
	createPublicKey,
	createSecretKey,
	type KeyObject,
	timingSafeEqual,
	verify,
} from "node:crypto";
import { readFileSync } from "node:fs";
import { StartupError } from "../startup-error.ts";
import type { VerificationKey } from "./jwt.ts";

/** Minimum length of an HS256 key: 256 bits (RFC 7518, section 3.2). */
export const MIN_SECRET_BYTES = 32;
const MIN_RSA_BITS = 2048;

/**
 * Imports an HS256 secret.
 * @throws {StartupError} if the secret is shorter than 32 bytes
 */
export async function secretKey(secret: string): Promise<VerificationKey> {
	const bytes = new TextEncoder().encode(secret);
	if (bytes.length < MIN_SECRET_BYTES)
		throw new StartupError(
			`the JWT secret has ${bytes.length} bytes, but HS256 needs at least ${MIN_SECRET_BYTES}: create one with "openssl rand -base64 32"`,
		);
	const key = createSecretKey(bytes);
	return {
		algorithms: ["HS256"],
		verifies(text, signature) {
			const expected = createHmac("sha256", key).update(text).digest();
			return (
				signature.length === expected.length &&
				timingSafeEqual(signature, expected)
			);
		},
	};
}

/**
 * Reads a public key in PEM form. The type of the key determines the only algorithm that tokens may use.
 * @throws {StartupError} if the file cannot be read or holds no RSA, P-256 or Ed25519 public key
 */
export async function publicKey(file: string): Promise<VerificationKey> {
	let pem: string;
	let key: KeyObject;
	try {
		pem = readFileSync(file, "utf8");
	} catch (error) {
		throw new StartupError(
			`the public key file ${file} cannot be read (${(error as NodeJS.ErrnoException).code}): check --jwt-public-key`,
		);
	}
	try {
		if (pem.includes("PRIVATE KEY")) throw new Error("a private key");
		key = createPublicKey(pem);
	} catch {
		throw new StartupError(
			`${file} contains no public key in PEM form ("-----BEGIN PUBLIC KEY-----"): create one with "openssl pkey -in private.pem -pubout"`,
		);
	}
	const algorithms = algorithmsOf(key, file);
	const digest = key.asymmetricKeyType === "ed25519" ? null : "sha256";
	// RFC 7518, section 3.4: the two numbers of an ECDSA signature, without DER.
	const verifying = { key, dsaEncoding: "ieee-p1363" } as const;
	return {
		algorithms,
		verifies: (text, signature) =>
			// On a thread of libuv. On the main thread, the signature would delay every connection by 30 to 120 us.
			new Promise((resolve) => {
				verify(
					digest,
					Buffer.from(text),
					verifying,
					signature,
					(error, valid) => resolve(!error && valid),
				);
			}),
	};
}

function algorithmsOf(key: KeyObject, file: string): readonly string[] {
	const details = key.asymmetricKeyDetails;
	switch (key.asymmetricKeyType) {
		case "rsa":
			if ((details?.modulusLength ?? 0) < MIN_RSA_BITS) break;
			return ["RS256"];
		case "ec":
			if (details?.namedCurve !== "prime256v1") break;
			return ["ES256"];
		case "ed25519":
			// RFC 9864 renamed the EdDSA of RFC 8037, and issuers use both names.
			return ["EdDSA", "Ed25519"];
	}
	throw new StartupError(
		`the key in ${file} is not RSA with at least ${MIN_RSA_BITS} bits, P-256 or Ed25519: use a key of one of these types`,
	);
}
