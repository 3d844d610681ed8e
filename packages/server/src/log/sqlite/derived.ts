/** Checks of the values that a log stores twice so that it does not have to compute them. */
import type { DatabaseSync } from "node:sqlite";
import { parseUuid } from "@secureconnect/protocol";
import { PENDING } from "./conversation-checks.ts";

interface Context {
	readonly db: DatabaseSync;
	readonly found: (conversationId: unknown, what: string) => void;
}

/** Checks the epoch. Without it clients cannot distinguish a restored log from the log that they know. */
export function epoch({ db, found }: Context): number {
	const rows = db.prepare("SELECT epoch FROM store").all();
	const [row] = rows;
	if (parseUuid(row?.epoch) === undefined)
		found(null, "the log has no epoch that is a UUID");
	return rows.length;
}

/** Checks the details of conversations. A conversation without details would be in no list. */
export function details({ db, found }: Context): number {
	for (const { id } of db
		.prepare(
			`SELECT id FROM conversations WHERE key NOT IN (SELECT conversation_key FROM conversation_details)`,
		)
		.iterate())
		found(id, "title, metadata and creator are missing");
	return Number(
		db.prepare("SELECT count(*) AS n FROM conversation_details").get()?.n,
	);
}

export function participantCounts({ db, found }: Context): number {
	for (const row of db
		.prepare(
			`SELECT c.id, c.participant_count, c.owner_count, count(p.user_id) AS participants,
			 count(p.user_id) FILTER (WHERE p.role = 'owner') AS owners
			 FROM conversations c LEFT JOIN participants p ON p.conversation_key = c.key AND p.state = 'active'
			 WHERE c.key NOT IN ${PENDING}
			 GROUP BY c.key HAVING participants <> c.participant_count OR owners <> c.owner_count`,
		)
		.iterate())
		found(
			row.id,
			`participant_count and owner_count are ${row.participant_count} and ${row.owner_count}, but should be ${row.participants} and ${row.owners}`,
		);
	return Number(
		db
			.prepare("SELECT count(*) AS n FROM participants WHERE state = 'active'")
			.get()?.n,
	);
}

export function unansweredAdditions({ db, found }: Context): number {
	for (const row of db
		.prepare(
			`WITH made AS (SELECT added_by AS adder_id, user_id AS added_id, count(*) AS n FROM participants
			   WHERE added_by IS NOT NULL AND state = 'active' GROUP BY 1, 2)
			 SELECT coalesce(m.adder_id, a.adder_id) AS adder_id, coalesce(m.added_id, a.added_id) AS added_id,
			   coalesce(m.n, 0) AS n, coalesce(a.count, 0) AS count
			 FROM made m FULL JOIN unanswered_additions a ON a.adder_id = m.adder_id AND a.added_id = m.added_id
			 WHERE m.n IS NOT a.count`,
		)
		.iterate())
		found(
			null,
			`${row.adder_id} has ${row.count} unanswered additions of ${row.added_id}, but should have ${row.n}`,
		);
	return Number(
		db.prepare("SELECT count(*) AS n FROM unanswered_additions").get()?.n,
	);
}
