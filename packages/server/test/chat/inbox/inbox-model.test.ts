/** Random changes against lists; the fold of their frames must equal the log. TEST_LONG=1 runs more. */
import { afterEach, expect, test, vi } from "vitest";
import { Feed } from "../../../src/chat/inbox/feed.ts";
import { UnreadTotals } from "../../../src/chat/inbox/unread-totals.ts";
import { SqliteLog } from "../../../src/log/sqlite/sqlite-log.ts";
import { runInboxes } from "../../support/inbox-steps.ts";
import { repeats } from "../../support/long.ts";
import { seedFrom } from "../../support/random.ts";

const SEED = seedFrom("INBOX_SEED");
/** Worlds that run at the same time, because each of them mostly waits. */
const WORLDS = 6;

afterEach(() => {
	vi.restoreAllMocks();
});

test(
	"after any changes, each client's list and totals equal the log",
	async () => {
		for (let i = 0; i < repeats(1); i++)
			await Promise.all(
				Array.from({ length: WORLDS }, (_, world) =>
					runInboxes(SEED + i * WORLDS + world, 3),
				),
			);
	},
	repeats(120_000),
);

const PLANTED: Record<string, () => void> = {
	"archiving does not reduce the totals": () => {
		const { count } = UnreadTotals.prototype;
		vi.spyOn(UnreadTotals.prototype, "count").mockImplementation(function (
			this: UnreadTotals,
			id,
			own,
			now,
		) {
			count.call(this, id, { ...own, archived: false }, now);
		});
	},
	"muting that ended does not change the totals": () => {
		vi.spyOn(UnreadTotals.prototype, "mutedUntil", "get").mockReturnValue(null);
	},
	"own messages count": () => {
		const { rowsOf } = SqliteLog.prototype;
		vi.spyOn(SqliteLog.prototype, "rowsOf").mockImplementation(async function (
			this: SqliteLog,
			id,
			userIds,
		) {
			const rows = await rowsOf.call(this, id, userIds);
			const last = rows?.conversation.lastMessage;
			return (
				rows && {
					...rows,
					own: rows.own.map((own) => ({
						...own,
						unread: own.unread + Number(last?.senderId === own.userId),
					})),
				}
			);
		});
	},
	"a removed conversation stays": () => {
		vi.spyOn(Feed.prototype, "removed").mockReturnValue();
	},
	"what a full receiver missed is not sent": () => {
		vi.spyOn(Feed.prototype, "send").mockResolvedValue({
			conversations: new Map(),
			totals: false,
		});
	},
};

test.for(Object.keys(PLANTED))(
	"the comparison notices: %s",
	{ timeout: 120_000 },
	async (fault) => {
		PLANTED[fault]?.();
		const runs = await Promise.allSettled(
			[1, 2, 3].map((seed) => runInboxes(seed, 1, 5000)),
		);
		const reasons = runs.map((run) =>
			run.status === "rejected" ? String(run.reason) : "",
		);
		expect(reasons.join("\n")).toMatch(/INBOX_SEED=\d+: .*wrong/);
	},
);
