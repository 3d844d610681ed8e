import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { startTestServer } from "../../server/test/support/server.ts";
import { clientOf, until } from "./support/client.ts";

test("a message written after the server has refused the conversation fails at once, with the reason", async () => {
	const server = await startTestServer({ policy: "members" });
	const room = clientOf(server, randomUUID()).conversation(randomUUID());
	const early = room.send("before the answer");
	await until(room, () => room.state.name === "failed", "the refusal");
	const late = room.send("after the answer");
	expect(late.status).toBe("failed");
	for (const { acknowledged } of [early, late])
		await expect(acknowledged).rejects.toMatchObject({ code: "forbidden" });
	expect(room.unacknowledged).toEqual([]);
});
