import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { MessageLog, Outcome, Role, Write } from "../contract.ts";
import type { LogFactory } from "../contract-suite.ts";
import { edit, erase, react } from "./amending.ts";
import {
	addition,
	BYTES,
	created,
	creation,
	kinds,
	listed,
	message,
	newest,
	removal,
	type WithLog,
} from "./fixtures.ts";

const ROLES: readonly Role[] = ["owner", "moderator", "member", "reader"];
/** Writes of the comparison, and the greatest length of a batch. */
const WRITES = 240;
const LONGEST = 16;

export function batching(withLog: WithLog, factory: LogFactory): void {
	withLog(
		"a write sees how the earlier writes of its batch changed its sender",
		async (log) => {
			const { conversationId, owner, member } = await created(log);
			const say = (): Write => message(conversationId, member, "text");
			const role = (to: Role): Write =>
				assignment(conversationId, owner, member, to);
			const steps: readonly (readonly [Write, string])[] = [
				[say(), "stored"],
				[role("reader"), "stored"],
				[say(), "read_only"],
				[role("moderator"), "stored"],
				[say(), "stored"],
				[removal(conversationId, owner, member), "stored"],
				[say(), "not_participant"],
				[addition(conversationId, owner, [member]), "stored"],
				[say(), "stored"],
				[role("owner"), "stored"],
				[removal(conversationId, owner, owner), "stored"],
				[message(conversationId, owner, "text"), "not_participant"],
				[closing(conversationId, member, true), "stored"],
				[say(), "read_only"],
				[closing(conversationId, member, false), "stored"],
				[say(), "stored"],
				[deletion(conversationId, member), "done"],
				[say(), "not_participant"],
			];
			const outcomes = await log.append(steps.map(([write]) => write));
			assert.deepEqual(
				outcomes.map(kinds),
				steps.map(([, kind]) => kind),
			);
		},
	);

	withLog("an addition is answered once in a batch", async (log) => {
		const { conversationId, owner, member } = await created(log);
		const limits = { maxParticipants: 1000, maxUnansweredAdditions: 1 };
		const other = creation(randomUUID(), owner, []);
		const outcomes = await log.append([
			message(conversationId, member, "one"),
			message(conversationId, member, "two"),
			other,
			// The member has answered, so the owner may add them once, and not twice.
			addition(other.conversationId, owner, [member], limits),
			removal(conversationId, owner, member),
			addition(conversationId, owner, [member], limits),
		]);
		assert.deepEqual(outcomes.map(kinds), [
			"stored",
			"stored",
			"done",
			"stored",
			"stored",
			"too_many_unanswered_additions",
		]);
	});

	withLog(
		"pages list each conversation once, also after a deletion and a repeat in one batch",
		async (log) => {
			const first = await created(log);
			const { owner } = first;
			const second = await created(log, owner);
			const deleted = await created(log, owner);
			const said = message(first.conversationId, owner, "a");
			await log.append([
				said,
				message(second.conversationId, owner, "b"),
				message(deleted.conversationId, owner, "c"),
				message(deleted.conversationId, owner, "d"),
				deletion(deleted.conversationId, owner),
				{ kind: "purge", userId: owner },
			]);
			const { ids, next } = await listed(log, owner, 1);
			assert.deepEqual(ids, [second.conversationId]);
			const outcomes = await log.append([
				said,
				message(first.conversationId, owner, "e"),
			]);
			assert.deepEqual(outcomes.map(kinds), ["duplicate", "stored"]);
			const { ids: others } = await listed(log, owner, 1, next);
			assert.deepEqual(others, [first.conversationId]);
		},
	);

	for (const seed of [1, 2, 3])
		withLog(
			`a batch has the outcomes and the effects of its writes one by one (seed ${seed})`,
			async (log) => {
				const single = await factory.open();
				try {
					await compare(log, single, seed);
				} finally {
					await single.close();
				}
			},
		);
}

async function compare(
	log: MessageLog,
	single: MessageLog,
	seed: number,
): Promise<void> {
	const random = randomOf(seed);
	const users = Array.from({ length: 4 }, () => randomUUID());
	const conversations = [randomUUID(), randomUUID(), randomUUID()];
	const writes = randomWrites(random, users, conversations);
	for (let from = 0; from < writes.length; ) {
		const to = from + 1 + random(LONGEST);
		const batch = writes.slice(from, to);
		const alone: (Outcome | Error)[] = [];
		for (const write of batch) alone.push(...(await single.append([write])));
		assert.deepEqual(await log.append(batch), alone);
		from = to;
	}
	assert.deepEqual(
		await stateOf(log, users, conversations),
		await stateOf(single, users, conversations),
	);
}

function randomWrites(
	random: (below: number) => number,
	users: readonly string[],
	conversations: readonly string[],
): Write[] {
	const pick = <T>(from: readonly T[]): T => {
		const picked = from[random(from.length)];
		assert.ok(picked !== undefined);
		return picked;
	};
	const messages: (Write & { kind: "message" })[] = [];
	const [owner = ""] = users;
	const writes: Write[] = conversations.map((id) =>
		creation(id, owner, users.slice(1, 3)),
	);
	const next = (): Write => {
		const [id, user, other] = [pick(conversations), pick(users), pick(users)];
		const actor = pick([owner, owner, user]);
		const earlier = messages.length === 0 ? undefined : pick(messages);
		const it = {
			conversationId: earlier?.conversationId ?? id,
			owner,
			member: user,
			targetId: earlier?.messageId ?? randomUUID(),
		};
		const kind = random(40);
		if (kind < 18) {
			const said = {
				...message(id, user, `text ${random(3)}`, pick([null, `${random(9)}`])),
				...(earlier && random(4) === 0 ? { replyTo: it.targetId } : {}),
				...(earlier && random(4) === 0 ? { threadId: it.targetId } : {}),
				...(random(4) === 0
					? { mentions: { userIds: [other], all: false } }
					: {}),
			};
			messages.push(said);
			return said;
		}
		if (kind < 20 && earlier) return earlier;
		if (kind < 22) return edit(it, "changed", {}, user);
		if (kind < 24) return react(it, user, "👍", random(3) > 0);
		if (kind < 25) return erase(it, user);
		if (kind < 28) return addition(id, actor, [other]);
		if (kind < 30) return removal(id, actor, other);
		if (kind < 33) return assignment(id, actor, other, pick(ROLES));
		if (kind < 34) return closing(id, actor, random(3) === 0);
		if (kind < 36)
			return {
				kind: "join",
				conversationId: id,
				userId: user,
				timestamp: 1,
				maxParticipants: 1000,
			};
		if (kind < 38)
			return {
				kind: "read",
				conversationId: it.conversationId,
				userId: user,
				messageId: it.targetId,
			};
		return random(8) === 0
			? deletion(id, user)
			: { kind: "answer", conversationId: id, userId: user };
	};
	while (writes.length < WRITES) writes.push(next());
	return writes;
}

/** Returns what readers see of the conversations. */
async function stateOf(
	log: MessageLog,
	users: readonly string[],
	conversations: readonly string[],
): Promise<unknown> {
	const state: unknown[] = [];
	for (const userId of users) {
		state.push((await listed(log, userId, 100)).conversations);
		for (const id of conversations)
			state.push(
				await log.admission(id, userId),
				await log.page(id, userId, newest, 1000, BYTES),
				await log.timeline(id, userId, { kind: "all" }, newest, 1000, BYTES),
			);
	}
	for (const id of conversations)
		state.push(await log.conversation(id), await log.watermarks(id, 100));
	return state;
}

function assignment(
	conversationId: string,
	actorId: string,
	userId: string,
	role: Role,
): Write {
	return {
		kind: "assign",
		conversationId,
		actor: { userId: actorId, admin: false },
		userId,
		role,
		messageId: randomUUID(),
		timestamp: 1,
	};
}

function closing(
	conversationId: string,
	userId: string,
	closed: boolean,
): Write {
	return {
		kind: "change",
		conversationId,
		actor: { userId, admin: false },
		messageId: randomUUID(),
		timestamp: 1,
		closed,
	};
}

function deletion(conversationId: string, userId: string): Write {
	return { kind: "erase", conversationId, actor: { userId, admin: false } };
}

/** Returns a function that returns the same numbers for the same seed. */
function randomOf(seed: number): (below: number) => number {
	let state = seed;
	return (below) => {
		state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
		return (state >> 8) % below;
	};
}
