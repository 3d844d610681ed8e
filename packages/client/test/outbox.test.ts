/** The outbox with a scripted store: two tabs, a full disk, a lost connection. */
import { randomUUID } from "node:crypto";
import type { ClientFrameOf, ServerFrameOf } from "@secureconnect/protocol";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ChatError } from "../src/errors.ts";
import {
	Outbox,
	type OutboxHandlers,
	type StorageProblem,
} from "../src/outbox/outbox.ts";
import {
	memoryOutbox,
	type OutboxRecord,
	type OutboxStore,
	type OutboxWatcher,
} from "../src/outbox/store.ts";

const KEY = "server user conversation";

beforeEach(() => {
	vi.useFakeTimers();
});
afterEach(() => {
	vi.useRealTimers();
});

function record(content: string): OutboxRecord {
	return {
		clientMessageId: randomUUID(),
		content,
		isEncrypted: false,
		messageType: "text",
		metadata: {},
		createdAt: 1,
	};
}

/** Records that several outboxes share, as tabs do. The first caller of `lead` leads first. */
class SharedStore {
	readonly records: OutboxRecord[] = [];
	readonly #watchers = new Set<OutboxWatcher>();
	readonly #queue: (() => void)[] = [];
	#isLed = false;
	/** Error for the next `add`. */
	refusal: Error | undefined;

	/** Returns one tab's access to the store. */
	tab(): OutboxStore {
		let own: OutboxWatcher | undefined;
		const tell = (what: (watcher: OutboxWatcher) => void): void => {
			for (const watcher of this.#watchers) if (watcher !== own) what(watcher);
		};
		return {
			isDurable: true,
			load: async () => [...this.records],
			add: async (_, added) => {
				if (this.refusal) throw this.refusal;
				this.records.push(added);
				tell((watcher) => watcher.added());
			},
			remove: async (_, settled) => {
				const i = this.records.findIndex(
					({ clientMessageId }) => clientMessageId === settled.clientMessageId,
				);
				if (i >= 0) this.records.splice(i, 1);
				tell((watcher) => watcher.settled(settled));
			},
			lead: async (_, signal) => {
				if (this.#isLed)
					await new Promise<void>((resolve) => this.#queue.push(resolve));
				this.#isLed = true;
				signal.addEventListener("abort", () => {
					this.#isLed = false;
					this.#queue.shift()?.();
				});
			},
			watch: (_, watcher) => {
				own = watcher;
				this.#watchers.add(watcher);
				return () => void this.#watchers.delete(watcher);
			},
		};
	}

	evict(): void {
		this.records.length = 0;
		for (const watcher of this.#watchers) watcher.evicted();
	}
}

/** Opens an outbox and records its sent frames and reported problems. */
function open(
	store: OutboxStore,
	repeats = true,
): {
	outbox: Outbox;
	sent: ClientFrameOf["chat"][];
	problems: StorageProblem[];
	handlers: OutboxHandlers;
	written: (content: string) => ReturnType<Outbox["add"]>;
} {
	const sent: ClientFrameOf["chat"][] = [];
	const problems: StorageProblem[] = [];
	const handlers: OutboxHandlers = {
		send: (frame) => {
			sent.push(frame);
			return true;
		},
		userId: () => undefined,
		changed: () => {},
		storage: (problem) => problems.push(problem),
		unanswered: vi.fn(),
	};
	const outbox = new Outbox(store, repeats, handlers);
	return {
		outbox,
		sent,
		problems,
		handlers,
		written: (content) => outbox.add(record(content)),
	};
}

let seq = 0;
function stored(frame: ClientFrameOf["chat"]): ServerFrameOf["chat"] {
	return {
		type: "chat",
		conversationId: randomUUID(),
		senderId: randomUUID(),
		messageId: randomUUID(),
		content: frame.content,
		isEncrypted: false,
		messageType: "text",
		metadata: {},
		timestamp: "2026-11-24T00:00:00.000Z",
		seq: ++seq,
		...(frame.clientMessageId === undefined
			? {}
			: { clientMessageId: frame.clientMessageId }),
	};
}

/** Lets all pending promises settle. */
async function turns(): Promise<void> {
	await vi.advanceTimersByTimeAsync(0);
}

const contents = (frames: readonly { content: string }[]): string[] =>
	frames.map(({ content }) => content);

test("one message is in flight at a time, and the next is sent after the answer", async () => {
	const { outbox, sent, written } = open(memoryOutbox());
	await outbox.belongsTo(KEY);
	outbox.opened(undefined);
	const [a, b] = [written("a"), written("b")];
	expect([a.status, b.status]).toEqual(["sent", "queued"]);
	expect(contents(sent)).toEqual(["a"]);
	outbox.arrived(stored(sent[0] as ClientFrameOf["chat"]));
	expect([a.status, b.status]).toEqual(["acknowledged", "sent"]);
	expect(contents(sent)).toEqual(["a", "b"]);
});

test("the message in flight is repeated with its id after a reconnect, before later messages", async () => {
	const { outbox, sent, written } = open(memoryOutbox());
	await outbox.belongsTo(KEY);
	outbox.opened(undefined);
	const a = written("a");
	written("b");
	outbox.down(undefined);
	expect(a.status).toBe("queued");
	outbox.opened(undefined);
	expect(contents(sent)).toEqual(["a", "a"]);
	expect(sent[1]?.clientMessageId).toBe(sent[0]?.clientMessageId);
	outbox.arrived({
		clientMessageId: a.clientMessageId,
		messageId: randomUUID(),
		seq: 7,
		timestamp: "2026-11-24T00:00:00.000Z",
	});
	expect((await a.acknowledged).seq).toBe(7);
	expect(contents(sent)).toEqual(["a", "a", "b"]);
});

test("a temporary refusal holds all messages back; a permanent refusal fails one message and the next is sent", async () => {
	const { outbox, sent, written } = open(memoryOutbox());
	await outbox.belongsTo(KEY);
	outbox.opened(undefined);
	const a = written("a");
	const b = written("b");
	const refusal = {
		type: "error",
		message: "not now",
		timestamp: "2026-11-24T00:00:00.000Z",
		clientMessageId: a.clientMessageId,
	} as const;
	outbox.refused({ ...refusal, code: "unavailable", retryMs: 1000 });
	expect(a.status).toBe("queued");
	await vi.advanceTimersByTimeAsync(999);
	expect(contents(sent)).toEqual(["a"]);
	await vi.advanceTimersByTimeAsync(1);
	expect(contents(sent)).toEqual(["a", "a"]);
	outbox.refused({ ...refusal, code: "invalid_frame" });
	await expect(a.acknowledged).rejects.toMatchObject({ code: "invalid_frame" });
	expect([a.status, b.status]).toEqual(["failed", "sent"]);
});

test("the outbox is limited in messages and bytes, and rejects a message beyond the limit with an error", async () => {
	const { outbox, written } = open(memoryOutbox());
	for (let i = 0; i < 1000; i++) written(String(i));
	expect(() => written("one more")).toThrow(
		expect.objectContaining({ code: "outbox_full" }),
	);
	expect(outbox.messages).toHaveLength(1000);
	const large = open(memoryOutbox());
	for (let i = 0; i < 16; i++) large.written("x".repeat(1_000_000));
	expect(() => large.written("x".repeat(1_000_000))).toThrow(
		expect.objectContaining({ code: "outbox_full" }),
	);
	expect(() => large.written("€".repeat(400_000))).toThrow(
		expect.objectContaining({ code: "too_large" }),
	);
});

test("a message over the limit that the server then announces fails, and the next ones are sent", async () => {
	const { outbox, sent, written } = open(memoryOutbox());
	const big = written("x".repeat(2000));
	written("small");
	await outbox.belongsTo(KEY);
	outbox.opened(1000);
	await expect(big.acknowledged).rejects.toMatchObject({ code: "too_large" });
	expect(contents(sent)).toEqual(["small"]);
});

test("a message that makes the server close the connection fails, because a repeat would close the next one too", async () => {
	const { outbox, sent, written } = open(memoryOutbox());
	await outbox.belongsTo(KEY);
	outbox.opened(undefined);
	const poison = written("poison");
	written("next");
	outbox.down(new ChatError("too_large", "1009"));
	expect(poison.status).toBe("failed");
	outbox.opened(undefined);
	expect(contents(sent)).toEqual(["poison", "next"]);
});

test("messages of earlier runs are sent first, then those written before the user's id was known, in order", async () => {
	const shared = new SharedStore();
	shared.records.push(record("old 1"), record("old 2"));
	const { outbox, sent, written } = open(shared.tab());
	written("new 1");
	outbox.opened(undefined);
	const known = outbox.belongsTo(KEY);
	written("new 2");
	await known;
	await turns();
	for (let i = 0; i < 4; i++)
		outbox.arrived(stored(sent[i] as ClientFrameOf["chat"]));
	await turns();
	expect(contents(sent)).toEqual(["old 1", "old 2", "new 1", "new 2"]);
	expect(shared.records).toEqual([]);
	expect(outbox.messages).toEqual([]);
});

test("one of two tabs sends for both; when it closes, the other tab takes over", async () => {
	const shared = new SharedStore();
	const [first, second] = [open(shared.tab()), open(shared.tab())];
	for (const { outbox } of [first, second]) {
		await outbox.belongsTo(KEY);
		outbox.opened(undefined);
		await turns();
	}
	const ours = second.written("from the second");
	await turns();
	expect(contents(first.sent)).toEqual(["from the second"]);
	expect(second.sent).toEqual([]);
	first.outbox.down(undefined);
	await turns();
	expect(contents(second.sent)).toEqual(["from the second"]);
	expect(second.sent[0]?.clientMessageId).toBe(first.sent[0]?.clientMessageId);
	second.outbox.arrived(stored(second.sent[0] as ClientFrameOf["chat"]));
	await turns();
	expect(ours.status).toBe("acknowledged");
	// The first tab had taken the message over, and receives its result.
	expect(first.outbox.messages).toEqual([]);
	expect(shared.records).toEqual([]);
});

test("a message that a different tab settles while this tab reads the store is settled here too", async () => {
	const shared = new SharedStore();
	const leader = open(shared.tab());
	await leader.outbox.belongsTo(KEY);
	leader.outbox.opened(undefined);
	leader.written("m");
	await turns();
	let goOn = (): void => {};
	const tab = shared.tab();
	const other = open({
		...tab,
		load: async (key) => {
			const records = await tab.load(key);
			await new Promise<void>((resolve) => {
				goOn = resolve;
			});
			return records;
		},
	});
	const loading = other.outbox.belongsTo(KEY);
	await turns();
	for (const frame of leader.sent) leader.outbox.arrived(stored(frame));
	await turns();
	goOn();
	await loading;
	expect(shared.records).toEqual([]);
	expect(other.outbox.messages).toEqual([]);
});

test("a message is passed to the store when it is written, without waiting for earlier writes", async () => {
	const handed: string[] = [];
	const { outbox, written } = open({
		...new SharedStore().tab(),
		add: (_, { content }) => {
			handed.push(content);
			return new Promise(() => {});
		},
	});
	await outbox.belongsTo(KEY);
	for (const content of ["one", "two", "three"]) written(content);
	expect(handed).toEqual(["one", "two", "three"]);
});

test("a storage failure is reported, and the message is still sent after the stored ones", async () => {
	const shared = new SharedStore();
	const { outbox, sent, problems, written } = open(shared.tab());
	await outbox.belongsTo(KEY);
	written("kept");
	await turns();
	shared.refusal = new Error("QuotaExceededError");
	written("not kept");
	await turns();
	expect(problems).toEqual([{ kind: "refused", error: shared.refusal }]);
	outbox.opened(undefined);
	await turns();
	outbox.arrived(stored(sent[0] as ClientFrameOf["chat"]));
	expect(contents(sent)).toEqual(["kept", "not kept"]);
});

test("an eviction is reported, and unacknowledged messages are stored again", async () => {
	const shared = new SharedStore();
	const { outbox, problems, written } = open(shared.tab());
	await outbox.belongsTo(KEY);
	written("kept");
	await turns();
	shared.evict();
	expect(problems).toMatchObject([{ kind: "evicted" }]);
	await turns();
	expect(contents(shared.records)).toEqual(["kept"]);
});

test("without deduplication on the server, no message is sent twice", async () => {
	const { outbox, sent, written } = open(memoryOutbox(), false);
	await outbox.belongsTo(KEY);
	outbox.opened(undefined);
	const lost = written("same");
	const next = written("same");
	outbox.down(undefined);
	await expect(lost.acknowledged).rejects.toMatchObject({
		code: "outcome_unknown",
	});
	outbox.opened(undefined);
	const { clientMessageId: _, ...seedFrame } = stored(
		sent[1] as ClientFrameOf["chat"],
	);
	outbox.arrived(seedFrame);
	expect(next.status).toBe("acknowledged");
	expect(sent).toHaveLength(2);
});

test("an unanswered message triggers a check every ten seconds, until its answer arrives", async () => {
	const { outbox, sent, handlers, written } = open(memoryOutbox());
	await outbox.belongsTo(KEY);
	outbox.opened(undefined);
	written("a");
	await vi.advanceTimersByTimeAsync(30_000);
	expect(vi.mocked(handlers.unanswered).mock.calls).toEqual([
		[10_000],
		[20_000],
		[30_000],
	]);
	outbox.arrived(stored(sent[0] as ClientFrameOf["chat"]));
	await vi.advanceTimersByTimeAsync(60_000);
	expect(handlers.unanswered).toHaveBeenCalledTimes(3);
});

test("a closed outbox releases its messages, and the store keeps its records", async () => {
	const shared = new SharedStore();
	const { outbox, written } = open(shared.tab());
	await outbox.belongsTo(KEY);
	const message = written("kept");
	await turns();
	outbox.close();
	await expect(message.acknowledged).rejects.toMatchObject({ code: "closed" });
	expect(message.status).toBe("queued");
	expect(contents(shared.records)).toEqual(["kept"]);
});

test("messages written or loaded after a refusal fail with its reason, until the refusal ends", async () => {
	const shared = new SharedStore();
	shared.records.push(record("written before the reload"));
	const { outbox, sent, written } = open(shared.tab());
	const refusal = new ChatError("removed", "removed from the conversation");
	outbox.refuse(refusal);
	const early = written("before it is known whose outbox this is");
	expect([early.status, early.error]).toEqual(["failed", refusal]);
	await outbox.belongsTo(KEY);
	await turns();
	expect(outbox.messages).toEqual([]);
	expect(shared.records).toEqual([]);
	await expect(written("late").acknowledged).rejects.toBe(refusal);
	expect(shared.records).toEqual([]);

	outbox.refuse(undefined);
	outbox.opened(undefined);
	await turns();
	written("added again");
	await turns();
	expect(contents(sent)).toEqual(["added again"]);
});

test("after three seconds a tab sends the messages of a blocked leader, until the leader settles a message", async () => {
	const shared = new SharedStore();
	const blocked = shared.tab();
	await blocked.lead(KEY, new AbortController().signal);
	const { outbox, sent, written } = open(shared.tab());
	await outbox.belongsTo(KEY);
	outbox.opened(undefined);
	written("a");
	written("b");
	await vi.advanceTimersByTimeAsync(2999);
	expect(sent).toEqual([]);
	await vi.advanceTimersByTimeAsync(1);
	outbox.arrived(stored(sent[0] as ClientFrameOf["chat"]));
	expect(contents(sent), "and goes on").toEqual(["a", "b"]);
	await turns();

	await blocked.remove(KEY, {
		clientMessageId: (sent[1] as { clientMessageId: string }).clientMessageId,
		stored: { messageId: randomUUID(), seq: 2, timestamp: "" },
	});
	expect(outbox.messages).toEqual([]);
	written("c");
	await turns();
	expect(contents(sent), "it is awake").toEqual(["a", "b"]);
	await vi.advanceTimersByTimeAsync(3000);
	expect(contents(sent)).toEqual(["a", "b", "c"]);
});

test("two tabs that send the messages of a blocked leader send all of them, although both receive each stored copy", async () => {
	const shared = new SharedStore();
	await shared.tab().lead(KEY, new AbortController().signal);
	const tabs = [shared.tab(), shared.tab()].map((store) =>
		open({
			...store,
			// The stored copy reaches both tabs before the news of the other tab.
			async remove(key, settled) {
				await null;
				await store.remove(key, settled);
			},
		}),
	);
	for (const { outbox } of tabs) {
		await outbox.belongsTo(KEY);
		outbox.opened(undefined);
	}
	for (const content of ["a", "b", "c"]) tabs[0]?.written(content);
	await turns();
	for (const content of ["a", "b", "c"]) {
		await vi.advanceTimersByTimeAsync(3000);
		const frame = tabs
			.flatMap(({ sent }) => sent)
			.find((it) => it.content === content);
		expect(frame, content).toBeDefined();
		const copy = stored(frame as ClientFrameOf["chat"]);
		for (const { outbox } of tabs) outbox.arrived(copy);
		await turns();
	}
	for (const { outbox } of tabs) expect(outbox.messages).toEqual([]);
});

test("a message that the platform cannot send fails with the platform's error, and the next one is sent", async () => {
	const { outbox, sent, handlers, written } = open(memoryOutbox());
	await outbox.belongsTo(KEY);
	outbox.opened(undefined);
	const { send } = handlers;
	handlers.send = () => {
		throw new TypeError("mask is not a function");
	};
	const refused = written("long");
	expect(refused.error).toMatchObject({
		code: "request_failed",
		message: "TypeError: mask is not a function",
	});
	await expect(refused.acknowledged).rejects.toBe(refused.error);
	handlers.send = send;
	written("short");
	expect(contents(sent)).toEqual(["short"]);
});
