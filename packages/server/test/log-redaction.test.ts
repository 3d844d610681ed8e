import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { Writable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { TestClient } from "./support/client.ts";
import { ask, UPGRADE } from "./support/http.ts";
import { startTestServer } from "./support/server.ts";
import { SECRET, token } from "./support/token.ts";

test("[TK-9] no token and no secret reaches the log, wherever a request carries it and however it fails", async () => {
	let written = "";
	const log = pino(
		{ level: "debug" },
		new Writable({
			write(chunk, _encoding, done) {
				written += String(chunk);
				done();
			},
		}),
	);
	const server = await startTestServer({
		log,
		admin: { host: "127.0.0.1", port: 0 },
	});
	const user = randomUUID();
	const good = await token(user);
	const forged = await token(user, {}, "another secret, of 32 bytes or more");
	const nobody = await token("nobody");
	const chat = `/v1/ws/chat?conversation_id=${randomUUID()}&access_token=`;

	const client = await TestClient.open(`ws://${server.address}${chat}${good}`);
	client.send({ type: "auth", access_token: good });
	await client.next("error");
	for (const jwt of [good, forged, nobody])
		for (const headers of [{}, UPGRADE])
			for (const path of [
				chat,
				"/v1/conversations?access_token=",
				"/nothing?access_token=",
			])
				await ask(server, path + jwt, {
					...headers,
					Authorization: `Bearer ${jwt}`,
					"Sec-WebSocket-Protocol": `secureconnect.v1, bearer.${jwt}`,
				});
	await new Promise((resolve) => {
		const socket = connect(server.port, "127.0.0.1").on("close", resolve);
		socket.end(`GET ${chat}${good} HTTP/1.1\r\nnot a header\r\n\r\n`);
		socket.resume();
	});
	await server.drain();

	expect(written).toContain("token refused");
	for (const jwt of [good, forged, nobody])
		for (const part of jwt.split(".").slice(1))
			expect(written).not.toContain(part);
	expect(written).not.toContain(SECRET);
});
