import type { DatabaseSync, SQLOutputValue, StatementSync } from "node:sqlite";
import type { AmendmentType } from "@secureconnect/protocol";
import type { MarkSummary } from "../contract.ts";

/** Users whom a summary of marks names. */
const MAX_USERS = 10;
/** Users up to which a row for each of them costs less than two subqueries. */
const MAX_ROWS = 4;

/** Summary whose rows are being read. */
interface Reading {
	/** Entry that set its first mark. */
	readonly firstSeq: number;
	readonly summary: MarkSummary & {
		isOwn: boolean;
		readonly userIds: string[];
	};
}

/**
 * Reads the marks of a page's messages in one statement. A summary of at most {@link MAX_ROWS} users has a row for each
 * of them. Subqueries read the users of the others.
 */
export class MarksOfPage {
	readonly #sql: ReturnType<typeof prepare>;

	constructor(db: DatabaseSync) {
		this.#sql = prepare(db);
	}

	/**
	 * Returns the summaries of each message that has any, in the order in which their first marks were set.
	 * @param seqs in ascending order
	 * @param isWhole whether `seqs` has every message between its first and its last one
	 */
	of(
		key: number,
		userId: string,
		seqs: readonly number[],
		isWhole: boolean,
	): ReadonlyMap<number, readonly MarkSummary[]> {
		const { between, among } = this.#sql;
		const rows = isWhole
			? between.all(userId, key, seqs[0] ?? 0, seqs.at(-1) ?? 0)
			: among.all(userId, key, JSON.stringify(seqs));
		const marks = new Map<number, Reading[]>();
		let last: Reading | undefined;
		for (const row of rows as unknown as SQLOutputValue[][]) {
			const [seq, first, type, name, count, marking, isOwn, users] = row;
			const firstSeq = Number(first);
			// The rows of a summary follow each other. An entry sets a single mark, so no other summary has its `firstSeq`.
			if (last?.firstSeq !== firstSeq) {
				last = {
					firstSeq,
					summary: {
						type: type as AmendmentType,
						name: String(name),
						count: Number(count),
						isOwn: isOwn === 1,
						userIds:
							typeof users === "string" ? (JSON.parse(users) as string[]) : [],
					},
				};
				const others = marks.get(Number(seq));
				if (others) others.push(last);
				else marks.set(Number(seq), [last]);
			}
			const { summary } = last;
			// Marks that the participants share have no user.
			if (marking === userId || marking === "") summary.isOwn = true;
			if (typeof marking === "string" && marking !== "")
				summary.userIds.push(marking);
		}
		return new Map([...marks].map(([seq, found]) => [seq, inOrder(found)]));
	}
}

function inOrder(found: Reading[]): MarkSummary[] {
	if (found.length > 1) found.sort((a, b) => a.firstSeq - b.firstSeq);
	return found.map(({ summary }) => summary);
}

function prepare(db: DatabaseSync) {
	const ofTotal =
		"m.conversation_key = t.conversation_key AND m.target_seq = t.target_seq AND m.type = t.type AND m.name = t.name AND m.is_on = 1";
	const marksOf = (targets: string): StatementSync => {
		const statement = db.prepare(
			`SELECT t.target_seq, t.first_seq, t.type, t.name, t.count, m.user_id,
			   CASE WHEN t.count > ${MAX_ROWS} THEN EXISTS (SELECT 1 FROM marks m WHERE ${ofTotal} AND m.user_id = ?) END,
			   CASE WHEN t.count > ${MAX_ROWS} THEN (SELECT json_group_array(user_id) FROM (
			      SELECT m.user_id FROM marks m INDEXED BY marks_by_seq WHERE ${ofTotal} ORDER BY m.seq LIMIT ${MAX_USERS})) END
			 FROM mark_totals t
			 LEFT JOIN marks m INDEXED BY marks_by_seq ON t.count <= ${MAX_ROWS} AND ${ofTotal}
			 WHERE t.conversation_key = ? AND t.target_seq ${targets}
			 ORDER BY t.target_seq, t.type, t.name, m.seq`,
		);
		statement.setReturnArrays(true);
		return statement;
	};
	return {
		between: marksOf("BETWEEN ? AND ?"),
		among: marksOf("IN (SELECT value FROM json_each(?))"),
	};
}
