import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { DefineTest } from "../contract-test.ts";
import type { MessageLog, Outcome, Write, Writes } from "./contract.ts";

/** Where a suite gets its logs from. */
export interface LogFactory {
	/** A log over an empty store. */
	open(): Promise<MessageLog>;
	/** The same store again, after the log given was closed. */
	reopen(log: MessageLog): Promise<MessageLog>;
}

type Body = (log: MessageLog) => Promise<void>;

/** What every message log does, sentence by sentence of `contract.ts`. */
export function messageLogContract(
	test: DefineTest,
	factory: LogFactory,
): void {
	const withLog = (title: string, body: Body): void =>
		test(`log: ${title}`, async () => {
			const log = await factory.open();
			try {
				await body(log);
			} finally {
				await log.close();
			}
		});

	appending(withLog);
	deduplicating(withLog, factory);
	reading(withLog);
	participating(withLog);
	marking(withLog);
	listing(withLog);
}

function appending(withLog: (title: string, body: Body) => void): void {
	withLog("seq counts from 1 in the order of the batch", async (log) => {
		const { conversationId, owner } = await created(log);
		const writes = texts(5).map((text) => message(conversationId, owner, text));
		assert.deepEqual(await seqs(log, writes), [1, 2, 3, 4, 5]);
		assert.equal(await log.head(conversationId), 5);
	});

	withLog("conversations in one batch count for themselves", async (log) => {
		const one = await created(log);
		const two = await created(log);
		const writes = [one, two, one, two, one].map(({ conversationId, owner }) =>
			message(conversationId, owner, "x"),
		);
		assert.deepEqual(await seqs(log, writes), [1, 1, 2, 2, 3]);
	});

	withLog("a refused write takes no seq", async (log) => {
		const { conversationId, owner } = await created(log);
		const outcomes = await log.append([
			message(conversationId, owner, "a"),
			message(conversationId, randomUUID(), "stranger"),
			message(randomUUID(), owner, "no such conversation"),
			message(conversationId, owner, "b"),
		]);
		assert.deepEqual(outcomes, [
			{ kind: "stored", seq: 1 },
			{ kind: "refused", reason: "not_participant" },
			{ kind: "refused", reason: "not_participant" },
			{ kind: "stored", seq: 2 },
		]);
	});

	withLog(
		"a write the store cannot take fails alone, and takes no seq",
		async (log) => {
			const { conversationId, owner } = await created(log);
			const first = message(conversationId, owner, "a");
			const clash = { ...message(conversationId, owner, "b") };
			const outcomes = await log.append([
				first,
				{ ...clash, messageId: first.messageId },
				message(conversationId, owner, "c"),
			]);
			assert.deepEqual(outcomes[0], { kind: "stored", seq: 1 });
			assert.ok(outcomes[1] instanceof Error);
			assert.deepEqual(outcomes[2], { kind: "stored", seq: 2 });
		},
	);

	withLog("membership is asked in the batch itself", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const outcomes = await log.append([
			message(conversationId, member, "before"),
			removal(conversationId, owner, member),
			message(conversationId, member, "after"),
			message(conversationId, owner, "later"),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"stored",
			"stored",
			"not_participant",
			"stored",
		]);
		const page = await log.page(conversationId, owner, newest, 10, BYTES);
		assert.deepEqual(
			page?.entries.map(({ type, seq }) => [type, seq]),
			[
				["chat", 1],
				["participant_removed", 2],
				["chat", 3],
			],
		);
	});

	withLog("what is read is what was written", async (log) => {
		const { conversationId, owner } = await created(log);
		const write = message(
			conversationId,
			owner,
			'𝄞 "quotes" \\ \u2028 \u202e end',
			randomUUID(),
		);
		await log.append([write]);
		const page = await log.page(conversationId, owner, newest, 10, BYTES);
		const { kind: _, ...fields } = write;
		assert.deepEqual(page, {
			entries: [{ ...fields, type: "chat", seq: 1 }],
			more: false,
		});
	});
}

function deduplicating(
	withLog: (title: string, body: Body) => void,
	factory: LogFactory,
): void {
	withLog("the same clientMessageId makes one message", async (log) => {
		const { conversationId, owner } = await created(log);
		const id = randomUUID();
		const first = message(conversationId, owner, "a", id);
		const again = { ...message(conversationId, owner, "a", id), timestamp: 9 };
		const [stored, repeated] = await log.append([first, again]);
		const [later] = await log.append([again]);
		const duplicate = {
			kind: "duplicate",
			seq: 1,
			messageId: first.messageId,
			timestamp: first.timestamp,
		};
		assert.deepEqual(
			[stored, repeated, later],
			[{ kind: "stored", seq: 1 }, duplicate, duplicate],
		);
		assert.equal(await log.head(conversationId), 1);
	});

	withLog("other content under the same id is a conflict", async (log) => {
		const { conversationId, owner } = await created(log);
		const id = randomUUID();
		const outcomes = await log.append([
			message(conversationId, owner, "a", id),
			message(conversationId, owner, "b", id),
		]);
		assert.deepEqual(outcomes[1], { kind: "refused", reason: "conflict" });
	});

	withLog("an id is one sender's, in one conversation", async (log) => {
		const one = await created(log);
		const two = await created(log, one.owner);
		const id = randomUUID();
		const writes = [
			message(one.conversationId, one.owner, "a", id),
			message(one.conversationId, one.member, "a", id),
			message(two.conversationId, one.owner, "a", id),
		];
		assert.deepEqual(await seqs(log, writes), [1, 2, 1]);
	});

	withLog("ids and heads outlive the process", async (log) => {
		const { conversationId, owner } = await created(log);
		const write = message(conversationId, owner, "a", randomUUID());
		await log.append([write]);
		await log.close();
		const reopened = await factory.reopen(log);
		try {
			const outcomes = await reopened.append([
				write,
				message(conversationId, owner, "b"),
			]);
			assert.deepEqual(outcomes.map(kinds), ["duplicate", "stored"]);
			assert.equal(await reopened.head(conversationId), 2);
		} finally {
			await reopened.close();
		}
	});
}

function reading(withLog: (title: string, body: Body) => void): void {
	withLog("pages go both ways and say whether there is more", async (log) => {
		const { conversationId, owner } = await created(log);
		await log.append(texts(9).map((t) => message(conversationId, owner, t)));
		const read = async (
			direction: "before" | "after",
			seq: number,
			limit: number,
		): Promise<[number[], boolean]> => {
			const cursor = { direction, seq };
			const page = await log.page(conversationId, owner, cursor, limit, BYTES);
			assert.ok(page);
			return [page.entries.map((entry) => entry.seq), page.more];
		};
		assert.deepEqual(await read("before", Number.MAX_SAFE_INTEGER, 3), [
			[7, 8, 9],
			true,
		]);
		assert.deepEqual(await read("before", 4, 3), [[1, 2, 3], false]);
		assert.deepEqual(await read("after", 0, 4), [[1, 2, 3, 4], true]);
		assert.deepEqual(await read("after", 7, 2), [[8, 9], false]);
		assert.deepEqual(await read("after", 9, 2), [[], false]);
	});

	withLog("a page is bounded in bytes, but never empty", async (log) => {
		const { conversationId, owner } = await created(log);
		const big = "x".repeat(1000);
		await log.append([1, 2, 3].map(() => message(conversationId, owner, big)));
		const page = await log.page(
			conversationId,
			owner,
			{ direction: "after", seq: 0 },
			10,
			1500,
		);
		assert.deepEqual([page?.entries.length, page?.more], [2, true]);
		const tiny = await log.page(conversationId, owner, newest, 10, 1);
		assert.deepEqual([tiny?.entries[0]?.seq, tiny?.more], [3, true]);
	});

	withLog("nobody but a participant reads a page", async (log) => {
		const { conversationId, owner, member } = await created(log);
		await log.append([message(conversationId, owner, "a")]);
		const page = (userId: string, id = conversationId) =>
			log.page(id, userId, newest, 10, BYTES);
		assert.equal(await page(randomUUID()), undefined);
		assert.equal(await page(owner, randomUUID()), undefined);
		assert.ok(await page(member));
		await log.append([removal(conversationId, owner, member)]);
		assert.equal(await page(member), undefined);
	});

	withLog("an admission is membership and head of one moment", async (log) => {
		const { conversationId, owner, member } = await created(log);
		await log.append([
			message(conversationId, owner, "a"),
			{ kind: "rename", userId: member, name: "Bob" },
		]);
		assert.deepEqual(await log.admission(conversationId, member), {
			headSeq: 1,
			membership: { role: "member", name: "Bob" },
			removed: false,
		});
		const stranger = await log.admission(conversationId, randomUUID());
		assert.equal(stranger.membership, null);
		const nowhere = await log.admission(randomUUID(), owner);
		assert.equal(nowhere.membership, null);
		await log.append([removal(conversationId, owner, member)]);
		const after = await log.admission(conversationId, member);
		assert.deepEqual([after.membership, after.removed], [null, true]);
	});

	withLog("ids resolve in their own conversation only", async (log) => {
		const one = await created(log);
		const two = await created(log);
		const write = message(one.conversationId, one.owner, "a");
		await log.append([write]);
		assert.equal(await log.seqOf(one.conversationId, write.messageId), 1);
		assert.equal(
			await log.seqOf(two.conversationId, write.messageId),
			undefined,
		);
		assert.equal(await log.seqOf(one.conversationId, randomUUID()), undefined);
	});

	withLog("a range is both ends and what is between", async (log) => {
		const { conversationId, owner } = await created(log);
		await log.append(texts(5).map((t) => message(conversationId, owner, t)));
		const range = await log.range(conversationId, 2, 4);
		assert.deepEqual(
			range.map(({ seq }) => seq),
			[2, 3, 4],
		);
	});
}

function participating(withLog: (title: string, body: Body) => void): void {
	withLog("a conversation is created once", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const [again] = await log.append([creation(conversationId, member, [])]);
		assert.deepEqual(again, { kind: "refused", reason: "exists" });
		const found = await log.conversation(conversationId);
		assert.deepEqual(
			found?.participants.map(({ userId, role }) => [userId, role]).sort(),
			[
				[owner, "owner"],
				[member, "member"],
			].sort(),
		);
		assert.deepEqual(
			[found?.createdBy, found?.title, found?.metadata, found?.headSeq],
			[owner, "title", '{"a":1}', 0],
		);
		assert.equal(await log.conversation(randomUUID()), undefined);
	});

	withLog("joining makes, joins, and respects a removal", async (log) => {
		const conversationId = randomUUID();
		const [first, second] = [randomUUID(), randomUUID()];
		const join = (userId: string): Write => ({
			kind: "join",
			conversationId,
			userId,
			timestamp: 1,
		});
		const outcomes = await log.append([
			join(first),
			join(second),
			join(second),
			removal(conversationId, first, second),
			join(second),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"done",
			"done",
			"done",
			"stored",
			"removed",
		]);
		const { membership } = await log.admission(conversationId, first);
		assert.equal(membership?.role, "owner");
	});

	withLog("who left may join again", async (log) => {
		const { conversationId, member } = await created(log);
		const outcomes = await log.append([
			removal(conversationId, member, member),
			{ kind: "join", conversationId, userId: member, timestamp: 2 },
		]);
		assert.deepEqual(outcomes.map(kinds), ["stored", "done"]);
	});

	withLog("owners and admins add and remove, others do not", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const [guest, stranger] = [randomUUID(), randomUUID()];
		const add = (userId: string, admin = false): Write => ({
			kind: "add",
			conversationId,
			actor: { userId, admin },
			userIds: [guest, owner],
			timestamp: 3,
		});
		const outcomes = await log.append([
			add(member),
			add(stranger),
			add(owner),
			removal(conversationId, member, guest),
			removal(conversationId, stranger, guest),
			removal(conversationId, owner, stranger),
			removal(conversationId, owner, guest),
			add(stranger, true),
			removal(conversationId, stranger, guest, true),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"not_owner",
			"not_participant",
			"done",
			"not_owner",
			"not_participant",
			"unknown_participant",
			"stored",
			"done",
			"stored",
		]);
		const { membership } = await log.admission(conversationId, owner);
		assert.equal(membership?.role, "owner", "adding an owner changes nothing");
	});

	withLog("the last owner's leaving makes another", async (log) => {
		const { conversationId, owner, member } = await created(log);
		await log.append([removal(conversationId, owner, owner)]);
		const { membership } = await log.admission(conversationId, member);
		assert.equal(membership?.role, "owner");
	});
}

function marking(withLog: (title: string, body: Body) => void): void {
	withLog("a watermark moves forward only", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const writes = texts(3).map((t) => message(conversationId, owner, t));
		await log.append(writes);
		const read = (i: number): Write => ({
			kind: "read",
			conversationId,
			userId: member,
			messageId: writes[i]?.messageId ?? "",
		});
		const outcomes = await log.append([read(1), read(1), read(0), read(2)]);
		assert.deepEqual(outcomes, [
			{ kind: "advanced", seq: 2 },
			{ kind: "unchanged" },
			{ kind: "unchanged" },
			{ kind: "advanced", seq: 3 },
		]);
		assert.deepEqual(await log.watermarks(conversationId, 10), [
			{
				userId: member,
				name: null,
				messageId: writes[2]?.messageId,
				seq: 3,
			},
		]);
	});

	withLog(
		"a watermark names a chat message of its conversation",
		async (log) => {
			const one = await created(log);
			const two = await created(log);
			const elsewhere = message(two.conversationId, two.owner, "a");
			const gone = removal(one.conversationId, one.owner, one.member);
			await log.append([elsewhere, gone]);
			const read = (userId: string, messageId: string): Write => ({
				kind: "read",
				conversationId: one.conversationId,
				userId,
				messageId,
			});
			const outcomes = await log.append([
				read(one.owner, elsewhere.messageId),
				read(one.owner, gone.messageId),
				read(one.owner, randomUUID()),
				read(one.member, elsewhere.messageId),
			]);
			assert.deepEqual(outcomes.map(kinds), [
				"unknown_message",
				"unknown_message",
				"unknown_message",
				"not_participant",
			]);
		},
	);
}

function listing(withLog: (title: string, body: Body) => void): void {
	withLog("a user's conversations, most recent first, paged", async (log) => {
		const user = randomUUID();
		const ids: string[] = [];
		for (let i = 0; i < 5; i++) {
			const { conversationId } = await created(log, user, i);
			ids.unshift(conversationId);
		}
		await created(log);
		const first = await log.conversationsOf(user, 3, BYTES);
		const last = first.conversations.at(-1);
		const rest = await log.conversationsOf(user, 3, BYTES, last);
		assert.deepEqual([first.more, rest.more], [true, false]);
		assert.deepEqual(
			[...first.conversations, ...rest.conversations].map(
				({ conversationId }) => conversationId,
			),
			ids,
		);
		const tiny = await log.conversationsOf(user, 3, 1);
		assert.deepEqual([tiny.conversations.length, tiny.more], [1, true]);
	});

	withLog("a clock set back moves no conversation down", async (log) => {
		const user = randomUUID();
		const one = await created(log, user);
		const two = await created(log, user, 1000);
		const past = { ...message(two.conversationId, user, "x"), timestamp: 1 };
		await log.append([past, message(one.conversationId, user, "y")]);
		const { conversations } = await log.conversationsOf(user, 2, BYTES);
		assert.deepEqual(
			conversations.map(({ conversationId }) => conversationId),
			[two.conversationId, one.conversationId],
		);
	});

	withLog("unread leaves out what one said and what one read", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const writes = [owner, member, owner, owner].map((user, i) =>
			message(conversationId, user, String(i)),
		);
		await log.append(writes);
		const [first] = writes;
		const summary = async (user: string) =>
			(await log.conversationsOf(user, 1, BYTES)).conversations[0];
		assert.equal((await summary(member))?.unread, 3);
		assert.equal((await summary(owner))?.unread, 1);
		await log.append([
			{
				kind: "read",
				conversationId,
				userId: member,
				messageId: first?.messageId ?? "",
			},
		]);
		const found = await summary(member);
		assert.deepEqual(
			[found?.unread, found?.readSeq, found?.lastMessage?.seq, found?.role],
			[2, 1, 4, "member"],
		);
	});
}

const BYTES = 1024 * 1024;
const newest = {
	direction: "before",
	seq: Number.MAX_SAFE_INTEGER,
} as const;
let clock = 1_700_000_000_000;

async function created(
	log: MessageLog,
	owner: string = randomUUID(),
	laterBy = 0,
): Promise<{ conversationId: string; owner: string; member: string }> {
	const [conversationId, member] = [randomUUID(), randomUUID()];
	const write = creation(conversationId, owner, [member]);
	const timestamp = write.timestamp + laterBy;
	assert.deepEqual(await log.append([{ ...write, timestamp }]), [
		{ kind: "done" },
	]);
	return { conversationId, owner, member };
}

function creation(
	conversationId: string,
	userId: string,
	participantIds: string[],
): { kind: "create" } & Writes["create"] {
	return {
		kind: "create",
		conversationId,
		userId,
		title: "title",
		metadata: '{"a":1}',
		participantIds,
		timestamp: clock++,
	};
}

function message(
	conversationId: string,
	senderId: string,
	content: string,
	clientMessageId: string | null = null,
): { kind: "message" } & Writes["message"] {
	return {
		kind: "message",
		conversationId,
		senderId,
		messageId: randomUUID(),
		timestamp: clock++,
		clientMessageId,
		body: JSON.stringify({ content }),
	};
}

function removal(
	conversationId: string,
	actorId: string,
	userId: string,
	admin = false,
): { kind: "remove" } & Writes["remove"] {
	return {
		kind: "remove",
		conversationId,
		actor: { userId: actorId, admin },
		userId,
		messageId: randomUUID(),
		timestamp: clock++,
		body: JSON.stringify({ user_id: userId }),
	};
}

function texts(count: number): string[] {
	return Array.from({ length: count }, (_, i) => `message ${i + 1}`);
}

async function seqs(
	log: MessageLog,
	writes: readonly Write[],
): Promise<number[]> {
	return (await log.append(writes)).map((outcome) => {
		assert.ok(!(outcome instanceof Error) && outcome.kind === "stored");
		return outcome.seq;
	});
}

function kinds(outcome: Outcome | Error): string {
	if (outcome instanceof Error) return outcome.name;
	return outcome.kind === "refused" ? outcome.reason : outcome.kind;
}
