/** Checks that the fault schedules detect bugs, with copies of the built client that contain one bug each. */
import { expect, test } from "vitest";
import { broken, type Change } from "./support/broken-client.ts";
import { runRounds } from "./support/chaos-round.ts";
import { LONG } from "./support/record.ts";

const SETTLE_MS = 25_000;
const ROUNDS = 4;
const SEED = 1;

interface Mutant {
	readonly name: string;
	readonly changes: readonly Change[];
	/** Expected text of the audit's error. */
	readonly noticed: RegExp;
	/** Only a temporary refusal reveals this bug, and a round has only one or two. */
	readonly onlyBusy?: true;
}

const OUTBOX = "outbox/outbox.js";
const REQUEUED = `        else
            this.#move(queued, "queued");`;

/** Code that uses the newest entry's id as the cursor. */
const BY_ID = "...(lastId";

const MUTANTS: readonly Mutant[] = [
	{
		name: "a new client_message_id at every repeat",
		changes: [
			[
				OUTBOX,
				REQUEUED,
				`        else {
            const id = crypto.randomUUID();
            const all = [...this.#queue];
            this.#queue.clear();
            for (const [key, one] of all) this.#queue.set(one === queued ? id : key, one);
            queued.message.clientMessageId = id;
            queued.frame = { ...queued.frame, clientMessageId: id };
            this.#move(queued, "queued");
        }`,
			],
		],
		noticed: /stored twice/,
	},
	{
		name: "two on their way at a time",
		onlyBusy: true,
		changes: [
			[
				OUTBOX,
				"!this.#isLoaded || this.#onWay || this.#pause",
				'!this.#isLoaded || this.#pause || [...this.#queue.values()].filter(({ message }) => message.status === "sent").length > 1',
			],
			[
				OUTBOX,
				"const [queued] = this.#queue.values();",
				'const queued = [...this.#queue.values()].find(({ message }) => message.status !== "sent");',
			],
			[
				OUTBOX,
				'            this.#move(queued, "sent");\n',
				'            this.#move(queued, "sent");\n            this.#pump();\n',
			],
			[
				OUTBOX,
				"        if (queued !== this.#onWay)\n            return;",
				'        if (queued.message.status !== "sent") return;',
			],
			[
				OUTBOX,
				"        const queued = this.#onWay;\n        this.#setOnWay(undefined);",
				'        for (const one of this.#queue.values()) if (one.message.status === "sent") one.message.moved("queued");\n        const queued = this.#onWay;\n        this.#setOnWay(undefined);',
			],
		],
		noticed: /, written first/,
	},
	{
		name: "what was on its way is not sent again",
		changes: [[OUTBOX, REQUEUED, "        else this.#forget(queued);"]],
		noticed: /lost: /,
	},
	{
		name: "the answer to a repeat is not understood",
		changes: [
			["subscription.js", `${" ".repeat(16)}this.outbox.arrived(frame);`, ""],
		],
		noticed: /unacknowledged/,
	},
	{
		name: "what is written goes before what was kept",
		changes: [[OUTBOX, "        this.#queue.clear();\n", ""]],
		noticed: /, written first/,
	},
	{
		name: "a file that keeps nothing",
		changes: [
			["file-outbox.js", "            write({ key, add: record });\n", ""],
		],
		noticed: /lost: /,
	},
	{
		name: "a cursor one too far",
		changes: [
			["subscription.js", BY_ID, "...(false"],
			["subscription.js", "after_seq: last", "after_seq: last + 1"],
		],
		noticed: /was refused: unknown_cursor|told \d+ where|reset/,
	},
	{
		name: "a cursor one short, and nobody looks at seq",
		changes: [
			["subscription.js", BY_ID, "...(false"],
			[
				"subscription.js",
				"after_seq: last",
				"after_seq: Math.max(0, last - 1)",
			],
			[
				"subscription.js",
				'case "repeat":\n                return false;',
				'case "repeat":\n                break;',
			],
		],
		noticed: /told \d+ where/,
	},
	{
		name: "no cursor",
		changes: [
			["subscription.js", BY_ID, "...(false"],
			["subscription.js", "{ after_seq: last }", "{}"],
		],
		noticed: /told \d+ where|reset/,
	},
	{
		name: "history that begins one too late",
		changes: [
			[
				"live-conversation.js",
				"Math.max(sequence.first,",
				"Math.max(sequence.first + 1,",
			],
		],
		noticed: /history and live make/,
	},
	{
		name: "a frozen connection is not noticed",
		changes: [["liveness.js", "this.#dead = dead;", "this.#dead = () => {};"]],
		noticed: /waited \d+ ms for/,
	},
];

test.runIf(LONG).for(MUTANTS)(
	"noticed: $name",
	async ({ changes, noticed, onlyBusy = false }) => {
		const sdk = await broken(changes);
		await expect(
			runRounds({
				sdk,
				protocol: "v1",
				seed: SEED,
				rounds: onlyBusy ? 3 * ROUNDS : ROUNDS,
				serverActs: onlyBusy ? ["busy"] : ["kill", "busy"],
				settleMs: SETTLE_MS,
			}),
		).rejects.toThrow(noticed);
	},
);
