/** Checks of direct and deleted conversations. */
import type { DatabaseSync } from "node:sqlite";

/** Keys of deleted conversations of which rows are left, until the next start at the latest. */
export const PENDING =
	"(SELECT pending_key FROM deleted_conversations WHERE pending_key IS NOT NULL)";

interface Context {
	readonly db: DatabaseSync;
	readonly found: (conversationId: unknown, what: string) => void;
}

/** Checks that each pair names a conversation that is there and that has had exactly these two participants. */
export function directConversations({ db, found }: Context): number {
	for (const row of db
		.prepare(
			`SELECT c.id, d.conversation_key AS key, d.low_user_id AS low, d.high_user_id AS high
			 FROM direct_conversations d LEFT JOIN conversations c ON c.key = d.conversation_key
			 WHERE c.key IS NULL
			   OR (SELECT count(*) FROM participants p WHERE p.conversation_key = d.conversation_key) <> 2
			   OR (SELECT count(*) FROM participants p WHERE p.conversation_key = d.conversation_key
			       AND p.state = 'active' AND p.user_id IN (d.low_user_id, d.high_user_id)) <> 2`,
		)
		.iterate())
		found(
			row.id,
			row.id === null
				? `the direct conversation of ${row.low} and ${row.high} is not there (key ${row.key})`
				: `its participants are not exactly ${row.low} and ${row.high}, whose direct conversation it is`,
		);
	return Number(
		db.prepare("SELECT count(*) AS n FROM direct_conversations").get()?.n,
	);
}

/** Checks that no deleted conversation is there. The check of relations finds rows that a deletion has left. */
export function deletedConversations({ db, found }: Context): number {
	for (const { id } of db
		.prepare(
			"SELECT d.id FROM deleted_conversations d JOIN conversations c ON c.id = d.id",
		)
		.iterate())
		found(id, "the conversation was deleted, but is there");
	return Number(
		db.prepare("SELECT count(*) AS n FROM deleted_conversations").get()?.n,
	);
}
