/**
 * Random steps against a log, and an oracle that counts unread messages and mentions by hand. A seed determines the
 * steps.
 */
import { randomUUID } from "node:crypto";
import type { Mentions } from "@secureconnect/protocol";
import type { MessageLog, Write } from "../../src/log/contract.ts";
import {
	addition,
	atOnce,
	creation,
	message,
	removal,
} from "../../src/log/contract-suite/fixtures.ts";
import { random } from "./random.ts";
import { temporaryDirectory } from "./server.ts";

const USERS = 6;
const CONVERSATIONS = 4;
/** Steps per commit, and commits after which every count is compared. */
const BATCH = 25;
const STEPS_PER_LOG = 20_000;

/** Opens the log in a directory: the log under test, or a copy of it with a planted fault. */
export type OpenLog = (directory: string) => Promise<MessageLog>;

interface Said {
	readonly id: string;
	readonly seq: number;
	readonly senderId: string;
	mentions: Mentions;
	isErased: boolean;
}

interface Counts {
	readonly unread: number;
	readonly mentions: number;
	readonly markedUnread: boolean;
}

/** Conversation as a person would note it down. */
class Notes {
	readonly id = randomUUID();
	readonly messages: Said[] = [];
	readonly members = new Map<string, { readSeq: number }>();
	/** Users who marked the conversation as unread. The mark outlives the participation. */
	readonly marked = new Set<string>();
	/** Users whom the owner removed. */
	readonly barred = new Set<string>();
	headSeq = 0;

	get lastSeq(): number {
		return this.messages.at(-1)?.seq ?? 0;
	}

	counts(userId: string): Counts {
		const readSeq = this.members.get(userId)?.readSeq ?? 0;
		const unread = this.messages.filter(
			({ seq, isErased }) => seq > readSeq && !isErased,
		);
		return {
			unread: unread.length,
			mentions: unread.filter(
				({ mentions }) => mentions.all || mentions.userIds.includes(userId),
			).length,
			markedUnread: this.marked.has(userId),
		};
	}

	/** Makes a user a participant, with nothing unread. Returns false for a participant. */
	enter(userId: string): boolean {
		if (this.members.has(userId)) return false;
		this.members.set(userId, { readSeq: this.lastSeq });
		return true;
	}

	/** Advances a participant's watermark. */
	advance(userId: string, seq: number): void {
		const member = this.members.get(userId);
		if (member) member.readSeq = Math.max(member.readSeq, seq);
	}
}

/** Random choices that repeat for the same seed. */
class Choices {
	readonly #next: () => number;

	constructor(seed: number) {
		this.#next = random(seed);
	}

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
	const userId = choices.pick(members);
	const kind = choices.below(100);
	const target = notes.messages.length
		? choices.pick(notes.messages.slice(-30))
		: undefined;
	const conversationId = notes.id;
	if (kind < 42 || !target) return send(choices, notes, users, userId);
	// A read of any device of the user: the log has one watermark per user.
	if (kind < 64) {
		notes.advance(userId, target.seq);
		notes.marked.delete(userId);
		return { kind: "read", conversationId, userId, messageId: target.id };
	}
	if (kind < 70) {
		const markedUnread = choices.below(4) > 0;
		if (markedUnread) notes.marked.add(userId);
		else notes.marked.delete(userId);
		return {
			kind: "configure",
			conversationId,
			userId,
			settings: { markedUnread },
		};
	}
	if (kind < 88) return amend(choices, notes, users, target);
	if (kind < 92) {
		const added = choices.pick(users);
		if (notes.enter(added)) notes.headSeq++;
		notes.barred.delete(added);
		return addition(conversationId, owner, [added]);
	}
	if (kind < 94) {
		// The log lets a user join again who left, but not a user whom another removed.
		const joining = choices.pick(users);
		if (!notes.barred.has(joining)) notes.enter(joining);
		return {
			kind: "join",
			conversationId,
			userId: joining,
			timestamp: 0,
			maxParticipants: 1000,
		};
	}
	const removed = choices.pick(members.filter((id) => id !== owner).concat(""));
	const isLeaving = choices.below(2) === 0;
	if (notes.members.delete(removed)) {
		notes.headSeq++;
		if (!isLeaving) notes.barred.add(removed);
	}
	const gone = removed || randomUUID();
	return removal(conversationId, isLeaving && removed ? gone : owner, gone);
}

function chosenMentions(choices: Choices, users: readonly string[]): Mentions {
	return {
		userIds: choices.below(3) === 0 ? [choices.pick(users)] : [],
		all: choices.below(20) === 0,
	};
}

function send(
	choices: Choices,
	notes: Notes,
	users: readonly string[],
	userId: string,
): Write {
	const mentions = chosenMentions(choices, users);
	// Only an owner may mention everyone.
	const senderId = mentions.all ? (users[0] ?? "") : userId;
	const write = message(notes.id, senderId, `m${notes.headSeq}`);
	const seq = ++notes.headSeq;
	const id = write.messageId;
	notes.messages.push({ id, seq, senderId, mentions, isErased: false });
	notes.advance(senderId, seq);
	return { ...write, mentions, body: bodyOf({ content: "said" }, mentions) };
}

/** Edits a message with its mentions, or deletes it. The log refuses both for an erased message or an absent author. */
function amend(
	choices: Choices,
	notes: Notes,
	users: readonly string[],
	target: Said,
): Write {
	const [owner = ""] = users;
	const fields = { target_id: target.id, content: "edited" };
	const amendment = {
		kind: "amend" as const,
		conversationId: notes.id,
		messageId: randomUUID(),
		timestamp: 0,
		targetId: target.id,
	};
	if (choices.below(9) < 4) {
		const { senderId: userId } = target;
		const chosen = chosenMentions(choices, users);
		const mentions = { ...chosen, all: chosen.all && userId === owner };
		if (notes.members.has(userId) && !target.isErased) {
			notes.headSeq++;
			target.mentions = mentions;
		}
		return {
			...amendment,
			type: "edit",
			actor: { userId, admin: false },
			mentions,
			body: bodyOf(fields, mentions),
		};
	}
	if (!target.isErased) notes.headSeq++;
	target.isErased = true;
	return {
		...amendment,
		type: "delete",
		actor: { userId: owner, admin: false },
		body: JSON.stringify(fields),
	};
}

function bodyOf(fields: object, { userIds, all }: Mentions): string {
	return JSON.stringify({ ...fields, mentions: { user_ids: userIds, all } });
}

/** @throws {Error} with the first count that differs from the notes */
async function compare(
	log: MessageLog,
	rooms: readonly Notes[],
	users: readonly string[],
): Promise<void> {
	for (const userId of users) {
		const page = await log.conversationsOf(userId, 100, 1e9, undefined, atOnce);
		const found = new Map(
			page?.conversations.map((row) => [row.conversationId, row]),
		);
		for (const room of rooms) {
			const row = found.get(room.id);
			const right = room.members.has(userId) ? room.counts(userId) : undefined;
			const seen = row && {
				unread: row.unread,
				mentions: row.mentions,
				markedUnread: row.markedUnread,
			};
			const [is, due] = [seen, right].map((counts) => JSON.stringify(counts));
			if (is !== due)
				throw new Error(`wrong count: ${is}, and it should be ${due}`);
		}
	}
}

/**
 * Runs steps, and compares the counts of every user in every conversation after each commit. Some steps restart the
 * log.
 * @throws {Error} with seed and step of the first wrong count
 */
export async function count(
	seed: number,
	steps: number,
	open: OpenLog,
): Promise<void> {
	const choices = new Choices(seed);
	let log: MessageLog | undefined;
	let rooms: Notes[] = [];
	let users: string[] = [];
	let directory = "";
	try {
		for (let step = 0; step < steps; ) {
			if (step % STEPS_PER_LOG === 0) {
				await log?.close();
				directory = temporaryDirectory();
				log = await open(directory);
				users = Array.from({ length: USERS }, () => randomUUID());
				rooms = Array.from({ length: CONVERSATIONS }, () => new Notes());
				const [owner = ""] = users;
				await log.append(rooms.map((room) => creation(room.id, owner, [])));
				for (const room of rooms) room.members.set(owner, { readSeq: 0 });
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
				log = await open(directory);
			}
			try {
				await compare(log, rooms, users);
			} catch (cause) {
				const where = `COUNTS_SEED=${seed}, step ${step}`;
				throw new Error(`${where}: ${String(cause)}`, { cause });
			}
		}
	} finally {
		await log?.close();
	}
}
