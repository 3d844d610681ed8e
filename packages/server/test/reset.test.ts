import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { UPGRADE } from "./support/http.ts";
import { startTestServer } from "./support/server.ts";

test.each([
	["an upgrade that is refused", "/v1/ws/chat"],
	["an upgrade of nothing", "/nowhere"],
])("a peer that resets %s does not harm the server", async (_, path) => {
	const server = await startTestServer();
	const request = [
		`GET ${path} HTTP/1.1`,
		`Host: ${server.address}`,
		...Object.entries(UPGRADE).map(([name, value]) => `${name}: ${value}`),
		"",
		"",
	].join("\r\n");
	// An unhandled error would fail this run, as it would end the process.
	for (let i = 0; i < 200; i++) {
		const socket = connect({ host: "127.0.0.1", port: server.port });
		socket.on("error", () => {});
		await once(socket, "connect");
		socket.write(request);
		// Some resets come before, some during and some after the answer is written.
		for (let turn = 0; turn < i % 5; turn++) await new Promise(setImmediate);
		socket.resetAndDestroy();
	}
	const client = await server.connect(randomUUID(), randomUUID());
	client.send({ type: "chat", content: "still here" });
	expect(await client.next("chat")).toMatchObject({ seq: 1 });
});
