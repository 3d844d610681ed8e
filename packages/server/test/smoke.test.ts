import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { startTestServer } from "./support/server.ts";

test("[HS-1] two plain clients chat", async () => {
	const server = await startTestServer();
	const conversation = randomUUID();
	const [alice, bob] = [randomUUID(), randomUUID()];
	const a = await server.connect(conversation, alice);
	const b = await server.connect(conversation, bob);
	await a.waitFor((f) => f.type === "user_joined" && f.sender_id === bob);
	a.send({ type: "chat", content: "Hello" });
	expect(await b.next("chat")).toMatchObject({ content: "Hello", seq: 1 });
	expect(await a.next("chat")).toEqual(b.frames.at(-1));
});
