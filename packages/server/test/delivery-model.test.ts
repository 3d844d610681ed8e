/**
 * One conversation on the real log, with connections that a model plays. Whatever the order in which entries are
 * appended and connections are stalled, drained, cut and resumed, each client receives exactly its sequence.
 */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LocalBus } from "../src/bus/local.ts";
import { Commands } from "../src/chat/commands.ts";
import { DeviceCursors } from "../src/chat/device-cursors.ts";
import { Hub } from "../src/chat/hub.ts";
import type { Subscriber } from "../src/chat/ports.ts";
import type { Seat } from "../src/chat/seat.ts";
import { processScheduler } from "../src/fair/scheduler.ts";
import { Turns } from "../src/fair/turns.ts";
import { GroupCommit } from "../src/log/group-commit.ts";
import { SqliteLog } from "../src/log/sqlite/sqlite-log.ts";
import { repeats } from "./support/long.ts";
import { temporaryDirectory } from "./support/server.ts";

const LIMITS = {
	maxParticipants: 100,
	maxUnansweredAdditions: 100,
	whoPins: "participants",
} as const;
const CLIENTS = 3;
const READERS = 2;
/** About two messages. */
const MAX_BACKLOG = 700;

interface Frame {
	type: string;
	seq?: number;
	sender_id: string;
	message_id?: string;
}

/** Connection whose peer takes queued bytes when the test says so. */
class FakeConnection implements Subscriber {
	readonly id = randomUUID();
	readonly userId: string;
	readonly name = undefined;
	readonly isV1 = true;
	readonly takesCompact = false;
	readonly pageBytes = MAX_BACKLOG / 2;
	isOpen = true;
	/** Whether the peer takes bytes as they arrive. */
	reads = true;
	readonly got: Frame[] = [];
	/** Users whose watermarks moved while the peer was connected. */
	readonly owed = new Set<string>();
	#waiting: Uint8Array[] = [];
	#drained: (() => void)[] = [];

	constructor(userId: string) {
		this.userId = userId;
	}
	get backlog(): number {
		return this.#waiting.reduce((sum, { length }) => sum + length, 0);
	}
	get isFull(): boolean {
		return this.backlog > MAX_BACKLOG;
	}
	write(parts: readonly Uint8Array[]): void {
		expect(this.isOpen, "written to after its end").toBe(true);
		this.#waiting.push(Buffer.concat(parts));
		if (this.reads) this.take();
	}
	drained(): Promise<void> {
		if (!this.isOpen || this.backlog <= MAX_BACKLOG / 4)
			return Promise.resolve();
		return new Promise((resolve) => this.#drained.push(resolve));
	}
	/** Takes `count` writes, or all of them. */
	take(count = Number.POSITIVE_INFINITY): void {
		const taken = this.#waiting.splice(0, count);
		for (const line of Buffer.concat(taken).toString().split("\n"))
			if (line) this.got.push(JSON.parse(line) as Frame);
		if (this.backlog <= MAX_BACKLOG / 4) this.#release();
	}
	end(): void {
		throw new Error("no seat is to be ended");
	}
	/** Drops the bytes that wait. */
	cut(): void {
		this.isOpen = false;
		this.#waiting = [];
		this.#release();
	}
	get seqs(): number[] {
		return this.got.flatMap(({ seq }) => (seq === undefined ? [] : [seq]));
	}
	#release(): void {
		for (const resolve of this.#drained.splice(0)) resolve();
	}
}

/** Client that remembers the last `seq` it received, over any number of connections. */
class Client {
	readonly userId = randomUUID();
	readonly told: number[] = [];
	peer: FakeConnection | undefined;
	seat: Seat | undefined;

	get last(): number {
		return [...this.told, ...(this.peer?.seqs ?? [])].at(-1) ?? 0;
	}
	cut(): void {
		this.peer?.cut();
		this.told.push(...(this.peer?.seqs ?? []));
		this.seat?.leave("lost");
		this.peer = undefined;
	}
}

const who = fc.nat(CLIENTS - 1);
const step = fc.oneof(
	{
		weight: 4,
		arbitrary: fc.record({
			do: fc.constantFrom("append", "append and wait"),
			count: fc.integer({ min: 1, max: 6 }),
		}),
	},
	{
		weight: 2,
		arbitrary: fc.record({ do: fc.constant("stall"), who }),
	},
	{
		weight: 4,
		arbitrary: fc.record({
			do: fc.constantFrom("connect", "cut", "take", "drain"),
			who,
		}),
	},
	{
		weight: 3,
		arbitrary: fc.record({
			do: fc.constant("read"),
			who: fc.nat(READERS - 1),
		}),
	},
	{ weight: 2, arbitrary: fc.record({ do: fc.constantFrom("flush", "turn") }) },
) as fc.Arbitrary<{ do: string; who?: number; count?: number }>;

test("[SL-1] [SL-2] [RS-1] in any order of appends, stalls, reads, cuts and resumes, each client gets its sequence and the newest watermarks", async () => {
	const log = await SqliteLog.open(temporaryDirectory());
	await fc.assert(
		fc.asyncProperty(
			fc.array(step, {
				minLength: 10,
				maxLength: 100,
				size: "max",
			}),
			async (steps) => {
				const errors: unknown[] = [];
				const onError = (error: unknown): void => void errors.push(error);
				const bus = new LocalBus(onError);
				const commit = new GroupCommit(
					processScheduler,
					log,
					(entries) =>
						bus.publish(entries[0].conversationId, {
							kind: "entries",
							entries,
						}),
					onError,
				);
				const commands = new Commands(
					commit,
					bus,
					LIMITS,
					processScheduler,
					onError,
				);
				const hub = new Hub(
					log,
					bus,
					new DeviceCursors(log, commit, processScheduler, onError),
					{
						frame: (json) => Buffer.from(`${json}\n`),
						compact: (frame) => frame,
					},
					{ presenceGraceMs: 0, presenceBroadcastUsers: 0 },
					new Turns(processScheduler),
					processScheduler,
					onError,
				);
				const conversation = randomUUID();
				const sender = randomUUID();
				const readers = Array.from({ length: READERS }, () => randomUUID());
				const clients = Array.from({ length: CLIENTS }, () => new Client());
				const connect = async (client: Client): Promise<void> => {
					if (client.peer) return;
					const ticket = await hub.reserve(
						conversation,
						client.userId,
						await log.admission(conversation, client.userId),
						{ kind: "seq", seq: client.last },
						undefined,
						false,
					);
					client.peer = new FakeConnection(client.userId);
					client.seat = ticket.enter(client.peer, {
						greet: undefined,
						refuse: ({ code }) => code,
						isPresent: true,
					});
				};
				for (const user of [
					sender,
					...readers,
					...clients.map((c) => c.userId),
				])
					await commands.join(conversation, user);

				for (const client of clients) await connect(client);
				const messages: string[] = [];
				const watermarks = new Map<string, string>();
				const pending: Promise<void>[] = [];
				for (const { do: what, who = 0, count = 0 } of steps) {
					const client = clients[who] as Client;
					switch (what) {
						case "append":
						case "append and wait":
							for (let i = 0; i < count; i++)
								pending.push(
									commands
										.sendChat(conversation, sender, {
											type: "chat",
											content: "x",
											isEncrypted: false,
											messageType: "text",
											metadata: {},
										})
										.then(({ entry }) => void messages.push(entry.messageId)),
								);
							if (what === "append and wait") await Promise.all(pending);
							break;
						case "connect":
							await connect(client);
							break;
						case "cut":
							client.cut();
							break;
						case "stall":
							if (client.peer) client.peer.reads = false;
							break;
						case "take":
							client.peer?.take(1);
							break;
						case "drain":
							if (client.peer) client.peer.reads = true;
							client.peer?.take();
							break;
						case "read": {
							const reader = readers[who] as string;
							const newest = messages.at(-1);
							// A watermark that does not move is not relayed.
							if (newest === undefined || newest === watermarks.get(reader))
								break;
							watermarks.set(reader, newest);
							for (const { peer } of clients) peer?.owed.add(reader);
							await commands.markRead(
								conversation,
								reader,
								newest,
								"elsewhere",
							);
							break;
						}
						case "flush":
							hub.flush();
							break;
						default:
							await new Promise(setImmediate);
					}
				}
				await Promise.all(pending);
				for (const client of clients) await connect(client);
				for (const { peer } of clients) {
					if (peer) peer.reads = true;
					peer?.take();
				}
				const head = (await log.head(conversation)) ?? 0;
				expect(head).toBe(messages.length);
				await expect
					.poll(
						() => {
							hub.flush();
							for (const { peer } of clients) peer?.take();
							return hub.catchingUp.count === 0 && clients.map((c) => c.last);
						},
						{ interval: 1 },
					)
					.toEqual(clients.map(() => head));
				expect(errors).toEqual([]);
				const all = Array.from({ length: head }, (_, i) => i + 1);
				for (const { told, peer } of clients)
					expect([...told, ...(peer?.seqs ?? [])]).toEqual(all);
				for (const { peer } of clients)
					for (const reader of peer?.owed ?? []) {
						const places = (peer?.got ?? [])
							.filter((f) => f.type === "read" && f.sender_id === reader)
							.map(({ message_id = "" }) => messages.indexOf(message_id));
						expect(places, "watermarks go back").toEqual(
							[...places].sort((a, b) => a - b),
						);
						expect(messages[places.at(-1) ?? -1]).toBe(watermarks.get(reader));
					}
				for (const client of clients) client.cut();
			},
		),
		{ numRuns: repeats(60) },
	);
	await log.close();
});
