/** Random changes to several users' conversations, and a comparison of what their clients show with the log. */
import { randomUUID } from "node:crypto";
import type { Amendment } from "@secureconnect/protocol";
import { vi } from "vitest";
import { encodeSummary } from "../../src/http/conversation-view.ts";
import type { ConversationSummary } from "../../src/log/contract.ts";
import { atOnce } from "../../src/log/contract-suite/fixtures.ts";
import { type FakeClient, type Row, World } from "./inbox.ts";
import { random } from "./random.ts";

const USERS = 4;
const STEPS_PER_ROUND = 80;

interface State {
	readonly world: World;
	readonly users: readonly string[];
	readonly clients: { readonly userId: string; readonly client: FakeClient }[];
	readonly conversations: string[];
	/** Messages of each conversation. */
	readonly messages: Map<string, string[]>;
	below(count: number): number;
	pick<T>(items: readonly T[]): T | undefined;
}

/**
 * Runs rounds of steps. After each round, every client's list must equal what the log says.
 * @param timeoutMs time that a list may take to become equal
 * @throws {Error} with the seed and the first difference
 */
export async function runInboxes(
	seed: number,
	rounds: number,
	timeoutMs = 60_000,
): Promise<void> {
	const next = random(seed);
	const below = (count: number): number => Math.floor(next() * count);
	const world = await World.open();
	const state: State = {
		world,
		users: Array.from({ length: USERS }, () => randomUUID()),
		clients: [],
		conversations: [],
		messages: new Map(),
		below,
		pick: (items) => items[below(items.length)],
	};
	try {
		for (const userId of state.users)
			state.clients.push({ userId, client: await world.connect(userId) });
		for (let round = 0; round < rounds; round++) {
			const steps: Promise<unknown>[] = [];
			for (let i = 0; i < STEPS_PER_ROUND; i++) {
				// A refused step changes nothing.
				const done = step(state).catch(() => {});
				if (below(3) > 0) await done;
				else steps.push(done);
			}
			await certainSteps(state);
			await Promise.all(steps);
			for (const { client } of state.clients) client.drain();
			await vi.waitFor(() => compare(state), {
				timeout: timeoutMs,
				interval: 50,
			});
		}
		if (world.errors.length > 0) throw world.errors[0];
	} catch (cause) {
		throw new Error(`INBOX_SEED=${seed}: ${String(cause)}`, { cause });
	} finally {
		for (const { client } of state.clients) client.close();
		await world.close();
	}
}

/** Steps that a planted fault needs to show, whatever the random ones do. */
async function certainSteps({ world, users }: State): Promise<void> {
	const [a = "", b = ""] = users;
	const c = users.at(-1) ?? "";
	const [archived, muted, left] = [
		await world.create(a, c),
		await world.create(a, b),
		await world.create(a, b),
	];
	for (const id of [archived, muted, left]) await world.say(id, a);
	const { conversations } = world;
	await conversations.configure(archived, c, { archived: true });
	const mutedUntil = Date.now() + 2500;
	await conversations.configure(muted, b, { mutedUntil });
	const actor = { userId: a, admin: false };
	await world.commands.removeParticipant(left, actor, b);
}

async function step(state: State): Promise<void> {
	const { world, users, clients, below, pick } = state;
	const userId = pick(users) ?? "";
	const actor = { userId, admin: false };
	const other = pick(users) ?? "";
	const id = pick(state.conversations.slice(-5)) ?? "";
	const kind = below(100);
	if (kind < 5 || id === "") {
		const third = below(2) ? users : [];
		const made = await world.create(userId, other, ...third);
		state.conversations.push(made);
	} else if (kind < 12) {
		if (clients.length < 8) {
			const client = await world.connect(userId);
			clients.push({ userId, client });
		} else {
			// Each user's first client stays.
			const [closed] = clients.splice(USERS + below(clients.length - USERS), 1);
			closed?.client.close();
		}
	} else if (kind < 18) {
		const { client } = pick(clients) ?? {};
		if (client?.isFull) client.drain();
		else client?.fill();
	} else if (kind < 45) {
		const mentions = { userIds: below(3) ? [] : [other], all: false };
		const content = below(8) ? "hello" : "long".repeat(2000);
		const said = await world.say(id, userId, content, mentions);
		const known = state.messages.get(id);
		if (known) known.push(said);
		else state.messages.set(id, [said]);
	} else if (kind < 54) {
		const read = pick(state.messages.get(id) ?? []);
		if (read) await world.commands.markRead(id, userId, read, "");
	} else if (kind < 60) {
		const targetId = pick(state.messages.get(id) ?? []);
		if (targetId)
			await world.commands.amend(
				id,
				actor,
				amendment(below(2) === 0 ? "delete" : "edit", targetId, other),
			);
	} else if (kind < 77) {
		const settings = pick([
			{ archived: true },
			{ archived: false, mutedUntil: null },
			{ archived: false, mutedUntil: Date.now() + below(2000) },
			{ mutedUntil: Date.now() + below(2000) },
			{ mutedUntil: Date.now() + 1e9 },
			{ mutedUntil: null },
			{ favourite: true },
			{ markedUnread: true },
		]);
		// The end of muting reads all counts anew, which would hide a wrong count. The last user mutes nothing.
		if (userId === users.at(-1)) delete settings?.mutedUntil;
		await world.conversations.configure(id, userId, settings ?? {});
	} else if (kind < 84)
		await world.commands.addParticipants(id, actor, [other]);
	else if (kind < 90) await world.commands.removeParticipant(id, actor, other);
	else if (kind < 92) await world.commands.join(id, userId);
	else if (kind < 94) await world.conversations.delete(id, actor);
	else if (kind < 96)
		await world.conversations.change(id, actor, { title: `title ${below(9)}` });
	else if (kind < 98)
		await world.conversations.assignRole(id, actor, other, "owner");
	else if (userId !== other) {
		const outcome = await world.conversations.findOrCreateDirect(actor, other);
		if (outcome.kind === "direct")
			state.conversations.push(outcome.conversationId);
	}
}

function amendment(
	type: "edit" | "delete",
	targetId: string,
	mentioned: string,
): Amendment {
	if (type === "delete")
		return { type, targetId, body: JSON.stringify({ target_id: targetId }) };
	return {
		type,
		targetId,
		body: JSON.stringify({
			target_id: targetId,
			content: "edited",
			mentions: { user_ids: [mentioned] },
		}),
		mentions: { userIds: [mentioned], all: false },
	};
}

/** @throws {Error} with the first difference */
async function compare({ world, clients }: State): Promise<void> {
	for (const { userId, client } of clients) {
		const page = await world.log.conversationsOf(
			userId,
			1000,
			1e9,
			undefined,
			atOnce,
		);
		const due = (page?.conversations ?? []).map((summary) =>
			expectedRow(summary, userId),
		);
		const totals = [0, 0];
		for (const { unread, mentions, archived, muted_until } of due) {
			if (archived || Date.parse(muted_until ?? "") > Date.now()) continue;
			totals[0] = (totals[0] ?? 0) + unread;
			totals[1] = (totals[1] ?? 0) + mentions;
		}
		equal("totals", client.totals, totals);
		equal("conversations", [...client.rows.keys()].sort(), ids(due));
		for (const row of due)
			equal("row", sorted(client.rows.get(row.conversation_id)), sorted(row));
	}
}

function expectedRow(summary: ConversationSummary, userId: string): Row {
	const { metadata: _, ...row } = JSON.parse(
		encodeSummary(summary, userId),
	) as Row;
	const { last_message: last } = row;
	if (!last || Buffer.byteLength(JSON.stringify(last)) <= 4096) return row;
	const content = String(last.content).slice(0, 1000);
	return {
		...row,
		last_message: { ...last, content, metadata: {}, truncated: true },
	};
}

function ids(rows: readonly Row[]): string[] {
	return rows.map((row) => row.conversation_id).sort();
}

function equal(what: string, is: unknown, due: unknown): void {
	const [found, expected] = [JSON.stringify(is), JSON.stringify(due)];
	if (found !== expected)
		throw new Error(`wrong ${what}: ${found}, and it should be ${expected}`);
}

function sorted(row: Row | undefined): unknown {
	if (!row) return row;
	const { last_message: last, ...fields } = row;
	return [
		Object.entries(fields).sort(byName),
		last && Object.entries(last).sort(byName),
	];
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
	return a < b ? -1 : 1;
}
