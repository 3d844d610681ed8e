import { randomUUID } from "node:crypto";
import { createClient } from "@secureconnect/client";
import { type InboxTotals, useInbox } from "@secureconnect/react";
import { expect, onTestFinished, test } from "vitest";
import { clientOf } from "../../client/test/support/client.ts";
import { say } from "../../server/test/support/chat.ts";
import { startTestServer } from "../../server/test/support/server.ts";
import { token } from "../../server/test/support/token.ts";
import { probe, render, until } from "./support/render.ts";

const totals = (state: InboxTotals): unknown =>
	"totalUnread" in state
		? [state.totalUnread, state.totalMentions]
		: state.status;

test("totals follow messages, mentions, additions and archiving of all conversations", async () => {
	const server = await startTestServer({ policy: "members" });
	const [alice, bob] = [randomUUID(), randomUUID()];
	const [one, two] = [randomUUID(), randomUUID()];
	const create = (id: string) =>
		server.rest("POST", "/v1/conversations", bob, {
			conversation_id: id,
			participant_ids: [alice],
		});
	await create(one);
	const client = clientOf(server, alice);
	const [a, b] = [probe(() => useInbox()), probe(() => useInbox())];
	render(
		{ client },
		<>
			<a.Component />
			<b.Component />
		</>,
	);
	expect(a.last).toEqual({ status: "loading" });
	await until(() => totals(a.last)).toEqual([0, 0]);
	await create(two);
	const first = await server.connect(one, bob);
	const second = await server.connect(two, bob);
	await say(first, "Hello");
	await say(second, "You", { mentions: { user_ids: [alice] } });
	await until(() => totals(a.last)).toEqual([2, 1]);
	await until(() => totals(b.last)).toEqual([2, 1]);
	await client.conversations.updateSettings(one, { archived: true });
	await until(() => totals(a.last)).toEqual([1, 1]);
});

test('with protocol "seed" the inbox is unavailable', async () => {
	const server = await startTestServer({ policy: "members" });
	const client = createClient({
		url: `http://${server.address}`,
		token: () => token(randomUUID()),
		protocol: "seed",
	});
	onTestFinished(() => client.close());
	const state = probe(() => useInbox());
	render({ client }, <state.Component />);
	expect(state.last).toEqual({ status: "unavailable" });
});
