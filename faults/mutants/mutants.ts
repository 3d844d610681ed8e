/**
 * Mutants: servers with one planted defect each. They prove that a fault catches the defect that it should catch. A
 * mutant is the source code with exact texts replaced, so the product code contains nothing for it.
 */

export interface Edit {
	/** Path below `packages/`. */
	readonly file: string;
	/** Text to replace. The file must contain it exactly once. */
	readonly find: string;
	readonly replace: string;
}

export interface Mutant {
	readonly name: string;
	/** Description of the defect, in one line. */
	readonly does: string;
	/** Faults that catch the defect. */
	readonly caughtBy: readonly string[];
	/** Faults that cannot catch the defect, if that is worth showing. */
	readonly missedBy?: readonly string[];
	readonly edits: readonly Edit[];
}

const WRITER = "server/src/log/sqlite/writer.ts";
const DATABASE = "server/src/log/sqlite/database.ts";
const ROOM = "server/src/chat/room.ts";
const RECOVERY = "server/src/chat/recovery.ts";
const DELIVERY = "server/src/gateway/delivery.ts";

export const MUTANTS: readonly Mutant[] = [
	{
		name: "acknowledged-before-commit",
		does: "answers a large batch at once, and commits it a few milliseconds later",
		caughtBy: ["kill", "power-cut"],
		edits: [
			{
				file: WRITER,
				find: `		this.#db.exec("BEGIN IMMEDIATE");`,
				replace: `		if (this.#db.isTransaction) this.#db.exec("COMMIT");
		this.#db.exec("BEGIN IMMEDIATE");`,
			},
			{
				file: WRITER,
				find: `			this.#db.exec("COMMIT");
			return result;`,
				replace: `			const commit = () => {
				if (this.#db.isTransaction) this.#db.exec("COMMIT");
			};
			if (Array.isArray(result) && result.length > 4) setTimeout(commit, 5);
			else commit();
			return result;`,
			},
		],
	},
	{
		name: "synchronous-normal",
		does: "commits without fsync, as SQLite's NORMAL does with a write-ahead log",
		caughtBy: ["power-cut"],
		missedBy: ["kill"],
		edits: [
			{
				file: DATABASE,
				find: `db.exec("PRAGMA synchronous = FULL");`,
				replace: `db.exec("PRAGMA synchronous = NORMAL");`,
			},
			{ file: DATABASE, find: "const FULL = 2;", replace: "const FULL = 1;" },
		],
	},
	{
		name: "no-dedupe",
		does: "stores every message with the same client_message_id",
		caughtBy: ["kill", "proxy"],
		edits: [
			{
				file: "server/src/log/sqlite/answered.ts",
				find: "if (command.clientMessageId === null) return undefined;",
				replace: "if (Date.now() > 0) return undefined;",
			},
			{
				file: "server/src/log/sqlite/migrations.ts",
				find: "CREATE UNIQUE INDEX entries_by_client_message_id",
				replace: "CREATE INDEX entries_by_client_message_id",
			},
		],
	},
	{
		name: "resume-off-by-one",
		does: "changes from replay to live one entry too early",
		caughtBy: ["kill", "proxy"],
		edits: [
			{
				file: RECOVERY,
				find: "if (seat.nextSeq === room.nextSeq) {",
				replace: `if (seat.nextSeq >= room.nextSeq - 1) {
			seat.nextSeq = room.nextSeq;`,
			},
		],
	},
	{
		name: "seq-not-given-back",
		does: "does not give back the seq of a failed commit",
		caughtBy: ["disk-full"],
		edits: [
			{
				file: "server/src/log/sqlite/heads.ts",
				find: "this.#found.clear();",
				replace: "",
			},
		],
	},
	{
		name: "fsync-retried",
		does: "treats a failed fsync as a temporary error and continues",
		caughtBy: ["fsync-error"],
		edits: [
			{
				file: WRITER,
				find: "new Set([7, 10, 11, 14, 26])",
				replace: "new Set([7, 11, 14, 26])",
			},
			{
				file: WRITER,
				find: "new Set([5, 6, 13])",
				replace: "new Set([5, 6, 10, 13])",
			},
		],
	},
	{
		name: "watermark-before-commit",
		does: "broadcasts a watermark before it stores it",
		caughtBy: ["kill"],
		edits: [
			{
				file: "server/src/chat/commands.ts",
				find: `		const outcome = await this.submit("read", {`,
				replace: `		this.#bus.publish(conversationId, {
			kind: "read",
			userId,
			messageId,
			seq: 0,
			timestamp: this.#scheduler.now(),
			origin,
		});
		const outcome = await this.submit("read", {`,
			},
			{
				file: "server/src/chat/commands.ts",
				find: `if (outcome.kind === "advanced")`,
				replace: `if (outcome.kind === "advanced" && outcome.seq < 0)`,
			},
		],
	},
	{
		name: "slow-reader-dropped",
		does: "drops the entries for a reader that has stopped",
		caughtBy: ["slow-readers"],
		missedBy: ["kill"],
		edits: [
			{
				file: ROOM,
				find: `				this.#fallBehind(seat);
				continue;`,
				replace: `				if (entriesDue) seat.nextSeq = this.#nextSeq;
				continue;`,
			},
		],
	},
	{
		name: "catch-up-overlaps",
		does: "begins to catch up with the entry that it has sent last",
		caughtBy: ["slow-readers"],
		missedBy: ["kill"],
		edits: [
			{
				file: ROOM,
				find: `				this.#fallBehind(seat);
				continue;`,
				replace: `				seat.nextSeq = Math.max(1, seat.nextSeq - 1);
				this.#fallBehind(seat);
				continue;`,
			},
		],
	},
	{
		name: "cursor-on-send",
		does: "treats entries that were sent to a device as received",
		caughtBy: ["slow-readers"],
		edits: [
			{
				file: DELIVERY,
				find: "				positions.push([seat, seq]);",
				replace: `				positions.push([seat, seq]);
				seat.proved(seq);`,
			},
			{
				file: DELIVERY,
				find: "if (watch.seats.has(seat)) seat.proved(seq);",
				replace: "if (seq < 0) seat.proved(seq);",
			},
		],
	},
	{
		name: "pongs-unheard",
		does: "lets no pong move a device's cursor",
		caughtBy: ["slow-readers"],
		edits: [
			{
				file: DELIVERY,
				find: "if (watch.seats.has(seat)) seat.proved(seq);",
				replace: "if (seq < 0) seat.proved(seq);",
			},
		],
	},
];

/** Applies an edit. @throws {Error} if the file does not contain the text exactly once */
export function apply({ file, find, replace }: Edit, text: string): string {
	const times = text.split(find).length - 1;
	if (times !== 1)
		throw new Error(
			`packages/${file} has ${times} times a text that a mutant replaces once; see faults/mutants:\n${find}`,
		);
	return text.replace(find, () => replace);
}
