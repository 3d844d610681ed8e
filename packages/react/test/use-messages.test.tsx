import { randomUUID } from "node:crypto";
import { type MessageItem, useMessages } from "@secureconnect/react";
import { expect, test } from "vitest";
import { clientOf } from "../../client/test/support/client.ts";
import { say } from "../../server/test/support/chat.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { probe, render, until } from "./support/render.ts";

const contents = (items: readonly MessageItem[]): string[] =>
	items.map((item) =>
		item.kind === "removal" ? "removed" : item.message.content,
	);
const numbers = (from: number, to: number): string[] =>
	Array.from({ length: to - from + 1 }, (_, i) => `m${from + i}`);

test("history comes page by page, what is live after it, each once and in order", async () => {
	const server = await startTestServer();
	const [alice, bob, id] = [randomUUID(), randomUUID(), randomUUID()];
	const plain = await server.connect(id, bob);
	for (let i = 1; i <= 120; i++) await say(plain, `m${i}`);
	const messages = probe(() => useMessages(id));
	render({ client: clientOf(server, alice) }, <messages.Component />);
	expect(messages.last).toMatchObject({ items: [], isLoading: true });

	await until(() => messages.last.isLoading).toBe(false);
	expect(contents(messages.last.items)).toEqual(numbers(71, 120));
	expect(messages.last.hasOlder).toBe(true);
	const { firstItemIndex } = messages.last;
	await say(plain, "m121");
	await until(() => messages.last.items.length).toBe(51);

	// The first rendering's function, twice at once: one page.
	const [first] = messages.all;
	await Promise.all([first?.loadOlder(), first?.loadOlder()]);
	await until(() => messages.last.items.length).toBe(101);
	expect(messages.last.firstItemIndex).toBe(firstItemIndex - 50);
	await messages.last.loadOlder();
	await until(() => messages.last.hasOlder).toBe(false);
	expect(contents(messages.last.items)).toEqual(numbers(1, 121));
	expect(messages.last.firstItemIndex).toBe(firstItemIndex - 70);
	expect(messages.last.error).toBeUndefined();
	await messages.last.loadOlder();
	expect(messages.last.items).toHaveLength(121);
});
