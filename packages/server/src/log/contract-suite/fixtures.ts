/** Helpers for the tests of the suite. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type {
	AdditionLimits,
	ListPage,
	ListPlace,
	MessageLog,
	Outcome,
	Write,
	Writes,
} from "../contract.ts";

/** Defines one test that gets a log of its own. */
export type WithLog = (
	title: string,
	body: (log: MessageLog) => Promise<void>,
) => void;

export const BYTES = 1024 * 1024;
export const newest = {
	direction: "before",
	seq: Number.MAX_SAFE_INTEGER,
} as const;
/** Limits that no test reaches. */
export const LIMITS: AdditionLimits = {
	maxParticipants: 1000,
	maxUnansweredAdditions: 1000,
};
let clock = 1_700_000_000_000;

export async function created(
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

export function creation(
	conversationId: string,
	userId: string,
	participantIds: string[],
): { kind: "create" } & Writes["create"] {
	return {
		kind: "create",
		conversationId,
		userId,
		admin: false,
		title: "title",
		metadata: '{"a":1}',
		participantIds,
		timestamp: clock++,
		limits: LIMITS,
	};
}

export function addition(
	conversationId: string,
	userId: string,
	userIds: readonly string[],
	limits: AdditionLimits = LIMITS,
	admin = false,
): { kind: "add" } & Writes["add"] {
	return {
		kind: "add",
		conversationId,
		actor: { userId, admin },
		userIds,
		messageId: randomUUID(),
		timestamp: clock++,
		limits,
	};
}

/** Runs every part of a read immediately. */
export async function atOnce<T>(part: () => T): Promise<T> {
	return part();
}

/** Reads a page of a user's list and fails if the log returns none. */
export async function listed(
	log: MessageLog,
	userId: string,
	limit: number,
	after?: ListPlace | null,
	maxBytes = BYTES,
): Promise<ListPage & { ids: string[] }> {
	const page = await log.conversationsOf(
		userId,
		limit,
		maxBytes,
		after ?? undefined,
		atOnce,
	);
	assert.ok(page);
	return { ...page, ids: page.conversations.map((it) => it.conversationId) };
}

export function message(
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

export function removal(
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

export function texts(count: number): string[] {
	return Array.from({ length: count }, (_, i) => `message ${i + 1}`);
}

export async function seqs(
	log: MessageLog,
	writes: readonly Write[],
): Promise<number[]> {
	return (await log.append(writes)).map((outcome) => {
		assert.ok(!(outcome instanceof Error) && outcome.kind === "stored");
		return outcome.entry.seq;
	});
}

/** Returns an outcome with only the ids of its entry. */
export function brief(outcome: Outcome | Error | undefined): unknown {
	if (outcome instanceof Error || !outcome || !("entry" in outcome))
		return outcome;
	const { seq, messageId, timestamp } = outcome.entry;
	return outcome.kind === "stored"
		? { kind: "stored", seq }
		: { kind: outcome.kind, seq, messageId, timestamp };
}

export function kinds(outcome: Outcome | Error): string {
	if (outcome instanceof Error) return outcome.name;
	return outcome.kind === "refused" ? outcome.reason : outcome.kind;
}
