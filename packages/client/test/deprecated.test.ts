/** Former public names, which programs of earlier versions still use. */
import { randomUUID } from "node:crypto";
import type { ConversationEntry, Entry, Removal } from "@secureconnect/client";
import { createRest } from "@secureconnect/client/rest";
import { expect, test } from "vitest";
import { startTestServer } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { clientOf, ready, until } from "./support/client.ts";

test("sendChat is send, and Entry is ConversationEntry", async () => {
	const server = await startTestServer();
	const room = clientOf(server, randomUUID()).conversation(randomUUID());
	const sent = room.sendChat("Hello", { messageType: "greeting" });
	await sent.acknowledged;
	const entries: Entry[] = [];
	for await (const entry of room.history({ after: 0 })) entries.push(entry);
	const same: readonly ConversationEntry[] = entries;
	expect(same).toMatchObject([{ content: "Hello", messageType: "greeting" }]);
});

test("the event removed has the value of removal", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const rest = createRest({
		url: `http://${server.address}`,
		token: () => token(alice),
	});
	const { conversationId } = await rest.create({ participantIds: [bob] });
	const room = clientOf(server, alice).conversation(conversationId);
	const seen: Removal[] = [];
	room.on("removed", (removal) => seen.push(removal));
	room.on("removal", (removal) => seen.push(removal));
	await ready(room);
	await rest.removeParticipant(conversationId, bob);
	await until(room, () => seen.length === 2, "both events");
	expect(seen[0]).toBe(seen[1]);
	expect(seen[0]).toMatchObject({ userId: bob, senderId: alice });
});
