/** Compares unread counts with an oracle that counts by hand. TEST_LONG=1 runs a million steps. */
import { randomUUID } from "node:crypto";
import type { Mentions } from "@secureconnect/protocol";
import { expect, test } from "vitest";
import type { MessageLog, Write } from "../../src/log/contract.ts";
import {
	addition,
	atOnce,
	creation,
	message,
	removal,
} from "../../src/log/contract-suite/fixtures.ts";
import { SqliteLog } from "../../src/log/sqlite/sqlite-log.ts";
import { LONG } from "../support/long.ts";
import { random } from "../support/random.ts";
import { temporaryDirectory } from "../support/server.ts";

const SEED = Number(process.env.COUNTS_SEED ?? 20_261_128);
const STEPS = LONG ? 1_000_000 : 3000;
const USERS = 6;
const CONVERSATIONS = 4;
/** Steps per commit, and commits after which every count is compared. */
const BATCH = 25;
const STEPS_PER_LOG = 20_000;

interface Said {
	readonly id: string;
	readonly seq: number;
	readonly senderId: string;
	mentions: Mentions;
	isErased: boolean;
}

/** Conversation as a person would note it down. */
class Notes {
	readonly id = randomUUID();
	readonly messages: Said[] = [];
	readonly members = new Map<string, { readSeq: number }>();
	headSeq = 0;

	get lastSeq(): number {
		return this.messages.at(-1)?.seq ?? 0;
	}

	counts(userId: string): { unread: number; mentions: number } {
		const readSeq = this.members.get(userId)?.readSeq ?? 0;
		const unread = this.messages.filter(
			({ seq, isErased }) => seq > readSeq && !isErased,
		);
		return {
			unread: unread.length,
			mentions: unread.filter(
				({ mentions }) => mentions.all || mentions.userIds.includes(userId),
			).length,
		};
	}
}

/** Random choices that repeat for the same seed. */
class Choices {
	readonly #next = random(SEED);

	below(count: number): number {
		return Math.floor(this.#next() * count);
	}

	pick<T>(items: readonly T[]): T {
		const item = items[this.below(items.length)];
		if (item === undefined) throw new Error("nothing to choose from");
		return item;
	}
}

/** Chooses a step, notes its effect, and returns the write. The owner takes part in every step, so none is refused. */
function stepOf(
	choices: Choices,
	notes: Notes,
	users: readonly string[],
): Write {
	const [owner = ""] = users;
	const members = [...notes.members.keys()];
	const user = choices.pick(members);
	const kind = choices.below(100);
	const target = notes.messages.length
		? choices.pick(notes.messages.slice(-30))
		: undefined;
	const mentions = {
		userIds: choices.below(3) === 0 ? [choices.pick(users)] : [],
		all: choices.below(20) === 0,
	};
	if (kind < 45 || !target) {
		const senderId = mentions.all ? owner : user;
		const write = message(notes.id, senderId, `m${notes.headSeq}`);
		const seq = ++notes.headSeq;
		notes.messages.push({
			id: write.messageId,
			seq,
			senderId,
			mentions,
			isErased: false,
		});
		advance(notes, senderId, seq);
		return {
			...write,
			mentions,
			body: JSON.stringify({
				content: "said",
				mentions: { user_ids: mentions.userIds, all: mentions.all },
			}),
		};
	}
	if (kind < 70) {
		advance(notes, user, target.seq);
		return {
			kind: "read",
			conversationId: notes.id,
			userId: user,
			messageId: target.id,
		};
	}
	const amendment = {
		kind: "amend" as const,
		conversationId: notes.id,
		messageId: randomUUID(),
		timestamp: 0,
		targetId: target.id,
		body: JSON.stringify({ target_id: target.id, content: "edited" }),
	};
	if (kind < 78) {
		// The log refuses the edit of an erased message, and of an author who is gone.
		const userId = target.senderId;
		const after = { ...mentions, all: mentions.all && userId === owner };
		if (notes.members.has(userId) && !target.isErased) {
			notes.headSeq++;
			target.mentions = after;
		}
		const actor = { userId, admin: false };
		const body = JSON.stringify({
			target_id: target.id,
			content: "edited",
			mentions: { user_ids: after.userIds, all: after.all },
		});
		return { ...amendment, type: "edit", actor, mentions: after, body };
	}
	if (kind < 88) {
		if (!target.isErased) notes.headSeq++;
		target.isErased = true;
		const actor = { userId: owner, admin: false };
		return { ...amendment, type: "delete", actor };
	}
	if (kind < 94) {
		const added = choices.pick(users);
		if (!notes.members.has(added))
			notes.members.set(added, { readSeq: notes.lastSeq });
		return addition(notes.id, owner, [added]);
	}
	const removed = choices.pick(members.filter((id) => id !== owner).concat(""));
	if (notes.members.delete(removed)) notes.headSeq++;
	return removal(notes.id, owner, removed || randomUUID());
}

function advance(notes: Notes, userId: string, seq: number): void {
	const member = notes.members.get(userId);
	if (member) member.readSeq = Math.max(member.readSeq, seq);
}

async function compare(
	log: MessageLog,
	rooms: readonly Notes[],
	users: readonly string[],
	step: number,
): Promise<void> {
	for (const userId of users) {
		const page = await log.conversationsOf(userId, 100, 1e9, undefined, atOnce);
		const found = new Map(
			page?.conversations.map(({ conversationId, unread, mentions }) => [
				conversationId,
				{ unread, mentions },
			]),
		);
		for (const room of rooms)
			expect(found.get(room.id), `COUNTS_SEED=${SEED}, step ${step}`).toEqual(
				room.members.has(userId) ? room.counts(userId) : undefined,
			);
	}
}

test(
	"unread counts and mentions equal those of an oracle that counts by hand",
	async () => {
		const choices = new Choices();
		let log: SqliteLog | undefined;
		let rooms: Notes[] = [];
		let users: string[] = [];
		let directory = "";
		for (let step = 0; step < STEPS; ) {
			if (step % STEPS_PER_LOG === 0) {
				await log?.close();
				directory = temporaryDirectory();
				log = await SqliteLog.open(directory);
				users = Array.from({ length: USERS }, () => randomUUID());
				rooms = Array.from({ length: CONVERSATIONS }, () => new Notes());
				await log.append(
					rooms.map((room) => creation(room.id, users[0] ?? "", [])),
				);
				for (const room of rooms)
					room.members.set(users[0] ?? "", { readSeq: 0 });
			}
			if (!log) throw new Error("no log");
			const writes = Array.from({ length: BATCH }, () =>
				stepOf(choices, choices.pick(rooms), users),
			);
			for (const outcome of await log.append(writes))
				if (outcome instanceof Error) throw outcome;
			step += BATCH;
			if (choices.below(40) === 0) {
				await log.close();
				log = await SqliteLog.open(directory);
			}
			await compare(log, rooms, users, step);
		}
		await log?.close();
	},
	LONG ? 3_600_000 : 60_000,
);
