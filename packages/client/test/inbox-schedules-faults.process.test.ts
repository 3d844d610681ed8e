/** Checks that the schedules of inboxes detect faults: changed frames of WebSocket clients, and broken clients. */
import { createClient } from "@secureconnect/client";
import { expect, test } from "vitest";
import { broken, type Change } from "./support/broken-client.ts";
import type { Wire } from "./support/inbox-device.ts";
import type { Rewrite } from "./support/inbox-raw.ts";
import { runInboxes } from "./support/inbox-round.ts";
import { LONG } from "./support/record.ts";

const SETTLE_MS = 10_000;
const ROUNDS = 4;
const PER_ROUND = 3;
const SEED = 1;

interface Planted {
	readonly name: string;
	/** Makes the fault of one WebSocket client. */
	readonly rewrite?: () => Rewrite;
	readonly changes?: readonly Change[];
	/** Expected text of the error. */
	readonly noticed: RegExp;
}

const isEntry = ({ type, seq }: Wire): boolean =>
	seq !== undefined && type !== "ack";

/** Applies a change to every third frame that passes a test. */
function everyThird(
	passes: (frame: Wire) => boolean,
	change: (frame: Wire) => readonly Wire[],
): () => Rewrite {
	return () => {
		let count = 0;
		return (frame) =>
			passes(frame) && ++count % 3 === 0 ? change(frame) : [frame];
	};
}

/** Changes the rows of `inbox_changed`. */
function rows(change: (row: Wire) => Wire): () => Rewrite {
	return () => (frame) =>
		frame.type === "inbox_changed"
			? [
					{
						...frame,
						conversations: (frame.conversations as Wire[]).map(change),
					},
				]
			: [frame];
}

const FAULTS: readonly Planted[] = [
	{
		name: "entries are lost",
		rewrite: everyThird(isEntry, () => []),
		noticed: /missed|came after/,
	},
	{
		name: "entries come twice",
		rewrite: everyThird(isEntry, (frame) => [frame, frame]),
		noticed: /twice|came after/,
	},
	{
		name: "changes of the list are lost",
		rewrite: everyThird(
			({ type }) => type === "inbox_changed",
			() => [],
		),
		noticed: /row |totals /,
	},
	{
		name: "a badge counts one too many",
		rewrite: rows((row) => ({ ...row, unread: Number(row.unread) + 1 })),
		noticed: /: row /,
	},
	{
		name: "removals from the list are lost",
		rewrite: () => (frame) =>
			frame.type === "conversation_removed" ? [] : [frame],
		noticed: /REST undefined/,
	},
	{
		name: "totals count one too many",
		rewrite: () => (frame) =>
			frame.total_unread === undefined
				? [frame]
				: [{ ...frame, total_unread: Number(frame.total_unread) + 1 }],
		noticed: /: totals /,
	},
	{
		name: "entries follow the end of a subscription",
		rewrite: () => {
			const last = new Map<unknown, Wire>();
			return (frame) => {
				if (isEntry(frame)) last.set(frame.conversation_id, frame);
				const late = last.get(frame.conversation_id);
				return frame.type === "unsubscribed" && late ? [frame, late] : [frame];
			};
		},
		noticed: /without a subscription/,
	},
	{
		name: "the library keeps removed conversations",
		changes: [
			[
				"inbox/inbox.js",
				"conversationId !== gone",
				"conversationId !== gone || true",
			],
		],
		noticed: /\(sdk\): row /,
	},
	{
		name: "the library ignores changed totals",
		changes: [
			[
				"inbox/inbox.js",
				"const totals = { totalUnread, totalMentions };",
				"const totals = this.totals ??= { totalUnread, totalMentions };",
			],
		],
		noticed: /\(sdk\): totals /,
	},
];

test.runIf(LONG).for(FAULTS)(
	"noticed: $name",
	async ({ rewrite, changes, noticed }) => {
		const sdk = changes ? await broken(changes) : { createClient };
		await expect(
			runInboxes({
				sdk,
				seed: SEED,
				rounds: ROUNDS,
				perRound: PER_ROUND,
				serverActs: ["kill", "busy"],
				settleMs: SETTLE_MS,
				...(rewrite ? { rewrite } : {}),
			}),
		).rejects.toThrow(noticed);
	},
);
