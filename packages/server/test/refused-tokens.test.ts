import { randomUUID } from "node:crypto";
import { Writable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { ask, CHAT, UPGRADE } from "./support/http.ts";
import { startTestServer } from "./support/server.ts";
import { token } from "./support/token.ts";

test("[TK-9] why a token was refused is logged once a minute, and told to nobody", async () => {
	const lines: string[] = [];
	const sink = new Writable({
		write(chunk, _encoding, done) {
			lines.push(String(chunk));
			done();
		},
	});
	const server = await startTestServer({ log: pino({ level: "info" }, sink) });
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
