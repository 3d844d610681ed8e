import { randomUUID } from "node:crypto";
import {
	useConnectionState,
	usePresence,
	useReceipts,
	useTyping,
} from "@secureconnect/react";
import { expect, test } from "vitest";
import { clientOf } from "../../client/test/support/client.ts";
import { say } from "../../server/test/support/chat.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { probe, render, until } from "./support/render.ts";

test("the hooks show typing, presence, receipts and the connection, and send the user's own typing and receipts", async () => {
	const server = await startTestServer({ presenceGraceMs: 0 });
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const plain = await server.connect(id, bob);
	const all = probe(() => ({
		...useTyping(id.toUpperCase()),
		...useReceipts(id),
		presence: usePresence(id),
		state: useConnectionState(id),
	}));
	const client = clientOf(server, alice);
	render({ client }, <all.Component />);
	const [first] = all.all;
	expect(first?.state.name).toBe("authorising");
	expect(first?.presence).toEqual({ users: [], count: 0 });
	await until(() => all.last.presence.count).toBe(2);
	expect(all.last.presence.users.map(({ userId }) => userId).sort()).toEqual(
		[alice, bob].sort(),
	);
	expect(all.last.state.name).toBe("open");

	const { message_id, seq } = await say(plain, "Hello");
	plain.send({ type: "typing" });
	await until(() => all.last.typing).toEqual([bob]);
	await say(plain, "Done");
	await until(() => all.last.typing).toEqual([]);
	plain.send({ type: "read", message_id });
	await until(() => [...all.last.read]).toEqual([[bob, message_id]]);
	const message = {
		messageId: String(message_id),
		seq: Number(seq),
		senderId: alice,
	};
	expect(all.last.readSeq(bob)).toBe(seq);
	expect(all.last.hasRead(bob, message)).toBe(true);
	expect(all.last.hasRead(bob, { ...message, seq: message.seq + 1 })).toBe(
		false,
	);
	expect(all.last.readers(message)).toEqual([bob]);
	expect(first?.readers(message)).toEqual([]);

	first?.sendTyping();
	await plain.waitFor(
		(frame) => frame.type === "typing" && frame.sender_id === alice,
	);
	first?.markAsRead(String(message_id));
	await plain.waitFor(
		(frame) => frame.type === "read" && frame.sender_id === alice,
	);
	plain.ws.close();
	await until(() => all.last.presence.count).toBe(1);
});
