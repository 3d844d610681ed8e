import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { processScheduler } from "../../src/fair/scheduler.ts";
import {
	LogUnavailable,
	type MessageLog,
	type Outcome,
	type Write,
} from "../../src/log/contract.ts";
import { GroupCommit } from "../../src/log/group-commit.ts";

/** Entries of this sender make the subscriber throw. */
const FAULTY = "faulty";

/** Log whose commits end when the test says so. */
class HeldLog implements Pick<MessageLog, "append"> {
	readonly batches: (readonly Write[])[] = [];
	#seq = 0;
	#release: ((outcomes: (Outcome | LogUnavailable)[]) => void) | undefined;
	#fail: ((error: Error) => void) | undefined;
	#arrived: (() => void) | undefined;

	append(batch: readonly Write[]): Promise<(Outcome | LogUnavailable)[]> {
		this.batches.push(batch);
		this.#arrived?.();
		return new Promise((resolve, reject) => {
			this.#release = resolve;
			this.#fail = reject;
		});
	}

	async arrival(count: number): Promise<void> {
		while (this.batches.length < count)
			await new Promise<void>((resolve) => {
				this.#arrived = resolve;
			});
	}

	commit(refuse?: (i: number) => LogUnavailable | undefined): void {
		const batch = this.batches.at(-1) ?? [];
		this.#release?.(
			batch.map((write, i) => refuse?.(i) ?? stored(write, ++this.#seq)),
		);
	}

	fail(error: Error): void {
		this.#fail?.(error);
	}
}

function stored(write: Write, seq: number): Outcome {
	if (write.kind !== "message") throw new Error("not a message");
	const { conversationId, senderId, messageId } = write;
	const { timestamp, clientMessageId, body } = write;
	return {
		kind: "stored",
		entry: {
			type: "chat",
			conversationId,
			seq,
			messageId,
			senderId,
			timestamp,
			clientMessageId,
			body,
		},
	};
}

function held(): {
	log: HeldLog;
	commit: GroupCommit;
	published: number[][];
	errors: unknown[];
	send(senderId?: string, fields?: { body?: string }): Promise<Outcome>;
} {
	const log = new HeldLog();
	const published: number[][] = [];
	const errors: unknown[] = [];
	const commit = new GroupCommit(
		processScheduler,
		log as unknown as MessageLog,
		(entries) => {
			published.push(entries.map(({ seq }) => seq));
			if (entries[0].senderId === FAULTY) throw new Error("a fault");
		},
		(error) => errors.push(error),
	);
	return {
		log,
		commit,
		published,
		errors,
		send: (senderId = "s", { body = "{}" } = {}) =>
			commit.submit("message", {
				conversationId: senderId,
				senderId,
				messageId: randomUUID(),
				timestamp: 0,
				clientMessageId: null,
				body,
			}),
	};
}

test("[CH-10] an exception after the commit is reported, and stored messages do not fail", async () => {
	const { log, send, published, errors } = held();
	const sent = [send(FAULTY), send("s")];
	await log.arrival(1);
	log.commit();
	expect(await Promise.all(sent)).toMatchObject([
		{ kind: "stored", entry: { seq: 1 } },
		{ kind: "stored", entry: { seq: 2 } },
	]);
	expect(published).toEqual([[1], [2]]);
	expect(errors).toEqual([new Error("a fault")]);
});

test("writes that arrive during a commit form the next batch", async () => {
	const { log, send, published } = held();
	const first = send();
	await log.arrival(1);
	const second = send();
	const third = send();
	expect(log.batches).toHaveLength(1);
	log.commit();
	await first;
	await log.arrival(2);
	expect(log.batches.map((batch) => batch.length)).toEqual([1, 2]);
	log.commit();
	await Promise.all([second, third]);
	expect(published).toEqual([[1], [2, 3]]);
});

test("[CH-10] entries are passed on after the commit and before their senders are answered", async () => {
	const { log, send, published } = held();
	const seen: number[][] = [];
	const sent = send().then(() => seen.push(...published));
	await log.arrival(1);
	await new Promise(setImmediate);
	expect(published).toEqual([]);
	log.commit();
	await sent;
	expect(seen).toEqual([[1]]);
});

test("a failed batch fails only its own writes", async () => {
	const { log, send, published } = held();
	const first = send();
	await log.arrival(1);
	const second = send();
	log.fail(new LogUnavailable("disk full"));
	await expect(first).rejects.toBeInstanceOf(LogUnavailable);
	await log.arrival(2);
	log.commit();
	await expect(second).resolves.toMatchObject({
		kind: "stored",
		entry: { seq: 1 },
	});
	expect(published).toEqual([[1]]);
});

test("a write that cannot be stored does not fail the others", async () => {
	const { log, send } = held();
	const sent = [send(), send()];
	await log.arrival(1);
	log.commit((i) => (i === 0 ? new LogUnavailable("bad row") : undefined));
	const results = await Promise.allSettled(sent);
	expect(results.map(({ status }) => status)).toEqual([
		"rejected",
		"fulfilled",
	]);
});

test("idle waits for all queued and running writes", async () => {
	const { log, commit, send } = held();
	await commit.idle();
	const sent = send();
	let idle = false;
	const waiting = commit.idle().then(() => {
		idle = true;
	});
	await log.arrival(1);
	expect(idle).toBe(false);
	log.commit();
	await sent;
	await waiting;
	expect(idle).toBe(true);
});
