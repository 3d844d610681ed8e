import { randomUUID } from "node:crypto";
import { afterEach, expect, test, vi } from "vitest";
import { FakeClient, World } from "../../support/inbox.ts";

const opened: World[] = [];
async function open(...options: Parameters<typeof World.open>): Promise<World> {
	const world = await World.open(...options);
	opened.push(world);
	return world;
}
afterEach(async () => {
	for (const world of opened.splice(0)) await world.close();
});

/** Waits for a state that lasts. */
const until = (check: () => void) =>
	vi.waitFor(check, { timeout: 20_000, interval: 10 });

test("the first frame has the list and the totals", async () => {
	const world = await open();
	const [a, b] = [randomUUID(), randomUUID()];
	const id = await world.create(a, b);
	await world.say(id, a);
	await world.say(id, a, "you", { userIds: [b], all: false });
	const client = await world.connect(b);
	expect(client.frames).toMatchObject([
		{
			type: "inbox",
			user_id: b,
			more: false,
			total_unread: 2,
			total_mentions: 1,
			conversations: [
				{
					conversation_id: id,
					title: "title",
					kind: "group",
					role: "member",
					unread: 2,
					mentions: 1,
					last_message: { content: "you" },
				},
			],
		},
	]);
	expect(client.rows.get(id)).not.toHaveProperty("metadata");
});

test("a message and a read change the row", async () => {
	const world = await open();
	const [a, b] = [randomUUID(), randomUUID()];
	const id = await world.create(a, b);
	const client = await world.connect(b);
	const other = await world.connect(b);
	const messageId = await world.say(id, a);
	await until(() => expect(client.totals).toEqual([1, 0]));
	await world.commands.markRead(id, b, messageId, "");
	await until(() => {
		expect(client.totals).toEqual([0, 0]);
		expect(other.rows.get(id)?.unread).toBe(0);
	});
	expect(new Set(client.types().slice(1))).toEqual(new Set(["inbox_changed"]));
});

test("additions, removals and deletions reach the list", async () => {
	const world = await open();
	const [a, b, c] = [randomUUID(), randomUUID(), randomUUID()];
	const client = await world.connect(b);
	const first = await world.create(a, b);
	await until(() => expect(client.rows.has(first)).toBe(true));
	const second = await world.create(a, c);
	const actor = { userId: a, admin: false };
	await world.commands.addParticipants(second, actor, [b]);
	await until(() => expect(client.rows.has(second)).toBe(true));
	expect(client.types()).toEqual([
		"inbox",
		"conversation_added",
		"conversation_added",
	]);
	await world.commands.removeParticipant(second, actor, b);
	await until(() => expect(client.rows.has(second)).toBe(false));
	await world.conversations.delete(first, actor);
	await until(() => expect(client.rows.has(first)).toBe(false));
	expect(client.frames.slice(-2)).toMatchObject([
		{
			type: "conversation_removed",
			conversation_id: second,
			reason: "removed",
		},
		{ type: "conversation_removed", conversation_id: first, reason: "deleted" },
	]);
	const { conversationId } = (await world.conversations.findOrCreateDirect(
		actor,
		b,
	)) as { conversationId: string };
	await until(() =>
		expect(client.rows.get(conversationId)).toMatchObject({
			kind: "direct",
			direct_user: a,
		}),
	);
});

test("a change that the log could not read is read again", async () => {
	const world = await open();
	const [a, b] = [randomUUID(), randomUUID()];
	const id = await world.create(a, b);
	const client = await world.connect(b);
	const fault = new Error("a fault of the disk");
	const read = vi.spyOn(world.log, "rowsOf").mockRejectedValueOnce(fault);
	await world.say(id, a);
	await until(() => expect(client.totals).toEqual([1, 0]));
	read.mockRestore();
	expect(world.errors).toEqual([fault]);
});

test("changes between the read of the list and its start reach the receiver", async () => {
	const world = await open();
	const [a, b] = [randomUUID(), randomUUID()];
	const id = await world.create(a, b);
	const client = new FakeClient(await world.inboxes.open(b));
	await world.say(id, a);
	const second = await world.create(a, b);
	client.start();
	await until(() => {
		expect(client.totals).toEqual([1, 0]);
		expect(client.rows.has(second)).toBe(true);
	});
	expect(client.types()[0]).toBe("inbox");
});

test("[IN-13] a removal while all counts are read does not leave the conversation in the totals", async () => {
	const world = await open();
	const [a, b] = [randomUUID(), randomUUID()];
	const id = await world.create(a, b);
	await world.say(id, a);
	let goOn = (): void => {};
	const gate = new Promise<void>((resolve) => {
		goOn = resolve;
	});
	const readAll = world.log.unreadOf.bind(world.log);
	const slow = vi
		.spyOn(world.log, "unreadOf")
		.mockImplementationOnce(async (...args) => {
			const counts = await readAll(...args);
			await gate;
			return counts;
		});
	const rows = vi.spyOn(world.log, "rowsOf");
	const opening = world.inboxes.open(b);
	await until(() => expect(slow).toHaveBeenCalled());
	await world.commands.removeParticipant(id, { userId: a, admin: false }, b);
	await until(() =>
		expect(rows.mock.settledResults.map(({ type }) => type)).toContain(
			"fulfilled",
		),
	);
	goOn();
	const client = new FakeClient(await opening);
	client.start();
	await until(() => {
		expect(client.rows.has(id)).toBe(false);
		expect(client.totals).toEqual([0, 0]);
	});
});

test("few lists of one user are held at a time, and each inbox gets its own", async () => {
	const world = await open();
	const [a, b] = [randomUUID(), randomUUID()];
	const id = await world.create(a, b);
	const read = vi.spyOn(world.log, "recentOf");
	const opened: FakeClient[] = [];
	const openings = Array.from({ length: 10 }, async () => {
		opened.push(new FakeClient(await world.inboxes.open(b)));
	});
	await until(() => expect(opened).toHaveLength(4));
	// A different user's list does not wait.
	await world.inboxes.open(a);
	expect(read.mock.calls.filter(([user]) => user === b)).toHaveLength(4);
	opened[0]?.close();
	opened[1]?.start();
	await until(() => expect(opened).toHaveLength(6));
	let started = 2;
	while (started < 10) {
		await until(() => expect(opened.length).toBeGreaterThan(started));
		opened[started++]?.start();
	}
	await Promise.all(openings);
	for (const { rows } of opened.slice(4))
		expect([...rows.keys()]).toEqual([id]);
});
