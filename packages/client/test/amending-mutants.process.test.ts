/** Checks that the schedules of amendments detect bugs, with copies of the built client that contain one bug each. */
import { expect, test } from "vitest";
import { runAmending } from "./support/amending-round.ts";
import { broken, type Change } from "./support/broken-client.ts";
import { LONG } from "./support/record.ts";

const SETTLE_MS = 30_000;
const ROUNDS = 4;
const PER_ROUND = 3;
const SEED = 1;

interface Mutant {
	readonly name: string;
	readonly changes: readonly Change[];
	/** Expected text of the audit's error. */
	readonly noticed: RegExp;
}

const TIMELINE = "timeline/timeline.js";
const MARKS = "timeline/marks.js";
const DIFFERS = /\(sdk\): \d+ of \d+ rows; row \d+ is/;

const MUTANTS: readonly Mutant[] = [
	{
		name: "a replayed edit is ignored",
		changes: [
			[
				"subscription.js",
				"const { last } = this.sequence;\n        const isOther",
				"const { last } = this.sequence;\n        this.head = head;\n        const isOther",
			],
			[
				"subscription.js",
				'        this.events.emit("entry", entry);',
				'        if (entry.type === "edit" && entry.seq <= this.head) return true;\n        this.events.emit("entry", entry);',
			],
		],
		noticed: DIFFERS,
	},
	{
		name: "erased content stays",
		changes: [
			[TIMELINE, "            slot.content = undefined;\n", ""],
			["timeline/fold.js", "...(deleted ? EMPTY : content)", "...content"],
		],
		noticed: DIFFERS,
	},
	{
		name: "a reaction counts in a page and once more when it arrives",
		changes: [
			[MARKS, "        .filter(([seq]) => seq > asOf)\n", ""],
			[MARKS, "if (on !== wasOn)", "if (on || wasOn)"],
		],
		noticed: DIFFERS,
	},
	{
		name: "a command that an ack answered stays as pending",
		changes: [[TIMELINE, "this.discard(id);", ";"]],
		noticed: DIFFERS,
	},
	{
		name: "rows in the order of their arrival",
		changes: [[TIMELINE, "this.#order.sort((a, b) => a.seq - b.seq);", ""]],
		noticed: /is out of order/,
	},
	{
		name: "no optimistic row without a connection",
		changes: [
			[
				TIMELINE,
				"else if (!this.#confirmed.has(key)) {",
				'else if (status === "queued") this.discard(key);\n        else if (!this.#confirmed.has(key)) {',
			],
		],
		noticed: /does not show its message/,
	},
	{
		name: "an amendment on its way is dropped with its connection",
		changes: [
			[
				"outbox/outbox.js",
				'        else\n            this.#move(queued, "queued");',
				'        else if (queued.message.type) this.#forget(queued);\n        else\n            this.#move(queued, "queued");',
			],
		],
		noticed: /commands without an outcome|lost: /,
	},
	{
		name: "a repeated amendment gets a new client_message_id",
		changes: [
			[
				"outbox/outbox.js",
				"if (!this.#handlers.send(queued.frame))",
				"queued.sent = (queued.sent ?? 0) + 1;\n                if (!this.#handlers.send(queued.message.type && queued.sent > 1 ? { ...queued.frame, clientMessageId: crypto.randomUUID() } : queued.frame))",
			],
		],
		noticed: /nobody gave|commands without an outcome/,
	},
	{
		name: "a thread counts the replies of its page twice",
		changes: [["timeline/thread.js", "hidden--;", "hidden -= 0;"]],
		noticed: DIFFERS,
	},
	{
		name: "a late page overwrites newer pins",
		changes: [
			[
				MARKS,
				"(entries.at(-1)?.on ?? base?.[as] ?? false)",
				"(base?.[as] ?? entries.at(-1)?.on ?? false)",
			],
		],
		noticed: DIFFERS,
	},
];

test.runIf(LONG).for(MUTANTS)(
	"noticed: $name",
	async ({ changes, noticed }) => {
		const sdk = await broken(changes);
		await expect(
			runAmending({
				sdk,
				seed: SEED,
				rounds: ROUNDS,
				perRound: PER_ROUND,
				serverActs: ["kill", "busy"],
				settleMs: SETTLE_MS,
			}),
		).rejects.toThrow(noticed);
	},
);
