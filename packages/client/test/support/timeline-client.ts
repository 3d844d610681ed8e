/** A client of the model server: an outbox, and deliveries that come late, repeated, lost and out of order. */
import type {
	Command,
	LogEntry,
	MessageRow,
	TimelineRow,
} from "@secureconnect/client/timeline";
import { Timeline } from "@secureconnect/client/timeline";
import { expect } from "vitest";
import { ChatError } from "../../src/errors.ts";
import type { Answer, ModelServer, Stored, Wish } from "./timeline-server.ts";

interface Delivery {
	readonly entries: readonly LogEntry[];
	readonly asOf: number;
}

interface Written {
	readonly wish: Wish;
	readonly command: Command;
	/** The server's answer, on its way. */
	answer: Answer | undefined;
	isOver: boolean;
	hasFailed: boolean;
}

export class ModelClient {
	readonly user: string;
	readonly #server: ModelServer;
	readonly #random: () => number;
	timeline: Timeline;
	/** Newest entry that is still loaded with pages of the timeline; newer history comes with pages of the log. */
	#timelineTo = 0;
	/** Where the next page of the history ends. */
	#cursor = 0;
	#underWay: Delivery[] = [];
	#delivered: Delivery[] = [];
	readonly #written: Written[] = [];
	/** Key that each message had when it was first seen. */
	#keys = new Map<string, string>();
	/** Messages of which a deletion was delivered. */
	#deleted = new Set<string>();
	#before = new Map<string, TimelineRow>();

	constructor(server: ModelServer, user: string, random: () => number) {
		this.#server = server;
		this.user = user;
		this.#random = random;
		this.timeline = new Timeline(user);
		this.connect();
	}

	#pick(below: number): number {
		return Math.floor(this.#random() * below);
	}

	/** Subscribes at the head, with nothing loaded. */
	connect(): void {
		const { head } = this.#server;
		this.#cursor = head;
		this.#timelineTo = this.#pick(head + 1);
		this.#underWay = [];
		this.#delivered = [];
		this.#keys = new Map();
		this.#deleted = new Set();
		this.#before = new Map();
	}

	/** Starts the program again, or loads a conversation again after its log was replaced. The outbox is durable. */
	restart(): void {
		if (this.#random() < 0.5) {
			this.timeline = new Timeline(this.user);
			for (const { command, isOver } of this.#written)
				if (!isOver) this.timeline.write(command);
			// Failed messages are not durable.
			for (const written of this.#written) written.hasFailed = false;
		} else this.timeline.reset();
		for (const written of this.#written)
			if (!written.isOver) written.answer = undefined;
		this.connect();
	}

	/** The server has stored an entry. */
	published(stored: Stored): void {
		this.#underWay.push({ entries: [this.#read(stored)], asOf: 0 });
	}

	#read(stored: Stored): LogEntry {
		return this.#server.frame(stored, this.#server.head, this.#random() < 0.7);
	}

	#range(from: number, to: number): void {
		const entries = this.#server.log
			.slice(from - 1, to)
			.map((stored) => this.#read(stored));
		this.#underWay.push({
			entries: this.#random() < 0.5 ? entries : entries.reverse(),
			asOf: 0,
		});
	}

	#timelinePage(from: number, to: number): void {
		const oldest = Math.max(this.#timelineTo, to);
		const asOf = oldest + this.#pick(this.#server.head - oldest + 1);
		this.#underWay.push({
			entries: this.#server.timeline(this.user, from, to, asOf),
			asOf,
		});
	}

	/** Requests the next page of the history. Returns false at its beginning. */
	loadOlder(): boolean {
		const to = this.#cursor;
		if (to === 0) return false;
		const isLog = to > this.#timelineTo;
		const from = Math.max(
			isLog ? this.#timelineTo + 1 : 1,
			to - this.#pick(12),
		);
		if (isLog) this.#range(from, to);
		else this.#timelinePage(from, to);
		this.#cursor = from - 1;
		return true;
	}

	/** Requests any part of the log again, in either form. */
	loadAnything(): void {
		const { head } = this.#server;
		if (head === 0) return;
		const from = Math.max(this.#cursor, this.#pick(head)) + 1;
		const to = Math.min(head, from + this.#pick(10));
		if (from > to) return;
		if (this.#random() < 0.5) this.#range(from, to);
		else this.#timelinePage(from, to);
	}

	/** Delivers something: mostly in order, sometimes late, lost and requested again, or repeated. */
	deliver(): void {
		const chance = this.#random();
		const repeated = this.#delivered[this.#pick(this.#delivered.length)];
		if (chance < 0.1 && repeated) {
			this.#take(repeated);
			return;
		}
		if (this.#underWay.length === 0) return;
		const at = chance < 0.6 ? 0 : this.#pick(this.#underWay.length);
		const [delivery] = this.#underWay.splice(at, 1);
		if (!delivery) return;
		const [{ seq = 0 } = {}] = delivery.entries;
		if (chance > 0.9 && delivery.asOf === 0 && delivery.entries.length === 1)
			this.#range(seq, seq);
		else this.#take(delivery);
	}

	#take(delivery: Delivery): void {
		this.#delivered.push(delivery);
		this.timeline.add(delivery.entries, delivery.asOf);
		for (const { type, deleted, targetId, messageId } of delivery.entries)
			if (type === "delete" || deleted)
				this.#deleted.add(targetId ?? messageId ?? "");
	}

	/** Writes a command: it must be visible at once. */
	write(wish: Wish, createdAt: number): void {
		const { type, cmid: clientMessageId } = wish;
		const command: Command = {
			type,
			clientMessageId,
			createdAt,
			...("text" in wish
				? { content: wish.text, metadata: { text: wish.text } }
				: {}),
			...("target" in wish ? { targetId: wish.target } : {}),
			...("name" in wish ? { reaction: wish.name } : {}),
			...("on" in wish ? { on: wish.on } : {}),
			...("replyTo" in wish && wish.replyTo ? { replyTo: wish.replyTo } : {}),
			...("threadId" in wish && wish.threadId
				? { threadId: wish.threadId }
				: {}),
		};
		this.#written.push({
			wish,
			command,
			answer: undefined,
			isOver: false,
			hasFailed: false,
		});
		const before = "name" in wish ? this.#reaction(wish) : undefined;
		this.timeline.write(command);
		this.#isShown(wish);
		if (!before || !("name" in wish)) return;
		expect(this.#reaction(wish)).toEqual({
			count: before.count + Number(wish.on) - Number(before.me),
			me: wish.on,
		});
	}

	/** Returns the reaction that a wish concerns, if its message is visible. */
	#reaction({ target, name }: { target: string; name: string }) {
		const row = this.timeline.get(target);
		if (row?.kind !== "message" || row.deleted) return undefined;
		const { count = 0, me = false } =
			row.reactions.find(({ reaction }) => reaction === name) ?? {};
		return { count, me };
	}

	#isShown(wish: Wish): void {
		if (wish.type === "chat") {
			const row = this.timeline.rows().at(-1) as MessageRow;
			expect([row.key, row.content, row.status, row.senderId]).toEqual([
				wish.cmid,
				wish.text,
				"queued",
				this.user,
			]);
		}
		if (!("target" in wish)) return;
		const row = this.timeline.get(wish.target) as MessageRow | undefined;
		if (!row) return;
		expect(row.isPending).toBe(true);
		if (wish.type === "delete") expect(row.deleted).toBe(true);
		if (row.deleted) {
			expect([row.content, row.reactions, row.pinned]).toEqual(["", [], false]);
			return;
		}
		if (wish.type === "edit") expect(row.content).toBe(wish.text);
		if (wish.type === "pin") expect(row.pinned).toBe(wish.on);
	}

	/** Does one step of the outbox: sends the oldest command, or handles its answer. Returns false if it is empty. */
	pump(at: number, publish: (stored: Stored) => void): boolean {
		const written = this.#written.find(({ isOver }) => !isOver);
		if (!written) return false;
		const { wish, command, answer } = written;
		if (!answer) {
			const before = this.#server.head;
			this.timeline.write(command, "sent");
			const given = this.#server.take(wish, at);
			for (const stored of this.#server.log.slice(before)) publish(stored);
			// The connection may break before the answer arrives.
			if (this.#random() < 0.9) written.answer = given;
			return true;
		}
		written.isOver = true;
		if (answer.kind === "refused") {
			this.timeline.write(
				command,
				"failed",
				new ChatError("message_deleted" as "forbidden", "it was deleted"),
			);
			written.hasFailed = wish.type === "chat";
			return true;
		}
		// The entry is the answer, if it has arrived.
		const { id, seq } = answer;
		const place = this.#underWay.findIndex(
			({ entries }) => entries.length === 1 && entries[0]?.seq === seq,
		);
		if (answer.kind === "ack" || place < 0 || this.#random() < 0.5)
			this.timeline.acknowledge(wish.cmid, { messageId: id, seq });
		else for (const own of this.#underWay.splice(place, 1)) this.#take(own);
		return true;
	}

	/** Refuses the oldest command, as a server does above a rate. */
	refuse(): void {
		const written = this.#written.find(({ isOver }) => !isOver);
		if (!written || written.answer || this.#server.hasTaken(written.wish))
			return;
		written.answer = { kind: "refused" };
	}

	/** Discards a failed message, if there is one. */
	discard(): void {
		const failed = this.#written.find(({ hasFailed }) => hasFailed);
		if (!failed) return;
		failed.hasFailed = false;
		expect(this.timeline.discard(failed.wish.cmid)).toBe(true);
		expect(this.timeline.discard(failed.wish.cmid)).toBe(false);
	}

	/** Checks what holds at every moment. */
	check(): void {
		const rows = this.timeline.rows();
		assert(this.timeline.rows() === rows, "rows() makes a new array");
		const keys = new Set<string>();
		let last = 0;
		for (const row of rows) {
			const { key } = row;
			const seq = row.seq || Number.POSITIVE_INFINITY;
			assert(!keys.has(key), `${key} is shown twice`);
			keys.add(key);
			assert(seq > last || seq === Number.POSITIVE_INFINITY, "wrong order");
			last = seq;
			const before = this.#before.get(key);
			if (row.kind === "message") this.#checkMessage(row);
			if (before === row) continue;
			this.#before.set(key, row);
			assert(
				JSON.stringify(before) !== JSON.stringify(row),
				"an equal row is a new object",
			);
		}
	}

	#checkMessage(row: MessageRow): void {
		const { key, senderId, messageId = "", clientMessageId } = row;
		const name = `${senderId} ${clientMessageId}`;
		assert((this.#keys.get(name) ?? key) === key, `${key} has a new key`);
		this.#keys.set(name, key);
		assert(
			!this.#deleted.has(messageId) ||
				(row.deleted &&
					row.content === "" &&
					Object.keys(row.metadata).length === 0 &&
					row.reactions.length === 0 &&
					!row.pinned),
			`${messageId} was deleted and is visible`,
		);
	}

	/** Delivers everything that is under way, with or without the whole history. */
	finish(at: number, publish: (stored: Stored) => void): void {
		while (this.pump(at, publish));
		this.loadOlder();
		if (this.#random() < 0.7) while (this.loadOlder());
		while (this.#underWay.length > 0) {
			this.deliver();
			this.check();
		}
	}

	/** Checks the rows against the model. All clients must have finished. */
	compare(): void {
		while (this.#underWay.length > 0) this.deliver();
		this.check();
		const rows = this.timeline.rows();
		const failed = this.#written.filter(({ hasFailed }) => hasFailed);
		const stored = rows.slice(0, rows.length - failed.length);
		const expected = this.#server.rows(this.user, this.#cursor + 1);
		expect(stored.map(this.#forgiving(expected))).toEqual(expected);
		expect(
			rows
				.slice(rows.length - failed.length)
				.map((row) => [row.key, "status" in row && row.status]),
		).toEqual(failed.map(({ wish }) => [wish.cmid, "failed"]));
	}

	/** A page names only ten users of a reaction: of more, the client may know only some. */
	#forgiving(expected: readonly TimelineRow[]) {
		return (row: TimelineRow, at: number): TimelineRow => {
			const model = expected[at];
			if (row.kind !== "message" || model?.kind !== "message") return row;
			return {
				...row,
				reactions: row.reactions.map((mark, place) => {
					const all = this.#server.reactedBy(model.seq ?? 0, mark.reaction);
					const right = model.reactions[place]?.userIds ?? [];
					const order = mark.userIds.map((user) => all.users.indexOf(user));
					const isPart = order.every(
						(at, index) => at >= 0 && at > (order[index - 1] ?? -1),
					);
					return isPart && all.most > 10 ? { ...mark, userIds: right } : mark;
				}),
			};
		};
	}
}

function assert(holds: boolean, why: string): void {
	if (!holds) throw new Error(why);
}
