import { randomUUID } from "node:crypto";
import { Writable } from "node:stream";
import type { JWTPayload } from "jose";
import { pino } from "pino";
import { expect, test } from "vitest";
import { ask, CHAT, UPGRADE } from "./support/http.ts";
import { startTestServer, type TestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

/** Starts a server and collects the lines of its log. */
async function withLog(): Promise<{ server: TestServer; lines: string[] }> {
	const lines: string[] = [];
	const sink = new Writable({
		write(chunk, _encoding, done) {
			lines.push(String(chunk));
			done();
		},
	});
	const server = await startTestServer({ log: pino({ level: "info" }, sink) });
	return { server, lines };
}

test("[TK-9] the reason for refusing a token is logged once a minute and not sent to the client", async () => {
	const { server, lines } = await withLog();
	const user = randomUUID();
	const past = Math.floor(Date.now() / 1000) - 60;
	for (const [bearer, reason] of [
		[undefined, "no token"],
		[await token(user, { exp: past }), '"exp" claim timestamp check failed'],
		[await token(user, {}, "x".repeat(32)), "signature verification failed"],
		[await token(user, { typ: "refresh" }), "a refresh token"],
	]) {
		const headers = bearer ? { Authorization: `Bearer ${bearer}` } : {};
		lines.length = 0;
		for (const [path, also] of [
			[CHAT, UPGRADE],
			["/v1/conversations", {}],
		] as const)
			expect(await ask(server, path, { ...also, ...headers })).toMatchObject({
				status: 401,
				text: '{"error":"unauthorized"}',
			});
		expect(lines.map((line) => JSON.parse(line))).toMatchObject([
			{ msg: "token refused", reason },
		]);
	}
});

test("[HS-7] the log says why a token's user id gets 500, once a minute and without the id", async () => {
	const { server, lines } = await withLog();
	for (const [claims, why] of [
		[{ sub: "mallory" }, "the claim sub is not a UUID"],
		[{ user_id: 17 }, "the claim user_id is not a UUID"],
		[{ sub: undefined }, "the token has no user id"],
	] as [JWTPayload, string][]) {
		const bearer = await token(randomUUID(), claims);
		lines.length = 0;
		for (const [path, also] of [
			[CHAT, UPGRADE],
			["/v1/conversations", {}],
		] as const)
			expect(
				await ask(server, path, {
					...also,
					Authorization: `Bearer ${bearer}`,
				}),
			).toMatchObject({ status: 500, text: '{"error":"invalid user_id"}' });
		expect(lines.map((line) => JSON.parse(line))).toMatchObject([
			{ msg: "token refused", reason: expect.stringContaining(why) },
		]);
		expect(lines.join("")).not.toContain("mallory");
	}
});

test("[HS-11] [TK-9] a refused origin is logged once a minute with the setting that allows it, without the rest of its header", async () => {
	const { server, lines } = await withLog();
	for (const [origin, logged] of [
		["https://app.example.com", "https://app.example.com"],
		[
			"https://a:b@APP.example.com:8443/?t=secret",
			"https://app.example.com:8443",
		],
		["null", "null"],
		["secret", "not an origin"],
		// It has the same line as the origin before.
		[`https://${"secret.".repeat(100)}com`, undefined],
	] as const) {
		lines.length = 0;
		for (const [path, also] of [
			[CHAT, UPGRADE],
			[CHAT, {}],
			["/v1/conversations", {}],
			["/v1/%zz", {}],
		] as const)
			expect(
				await ask(server, `${path}?access_token=secret`, {
					...also,
					Origin: origin,
				}),
			).toMatchObject({ status: 403 });
		const msg = expect.stringContaining("--allowed-origins");
		expect(lines.map((line) => JSON.parse(line))).toMatchObject(
			logged === undefined ? [] : [{ level: 40, origin: logged, msg }],
		);
		expect(lines.join("")).not.toContain("secret");
	}
});
