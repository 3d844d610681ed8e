/** Messages as lists show them: a long one is shortened, and most of it is never read into memory. */
import { type Entry, encodeEntry, Limits } from "@secureconnect/protocol";
import { type Row, toEntry } from "./rows.ts";

/** Length of a body, in UTF-16 units, whose frame is certainly short enough. */
const SHORT = (Limits.maxListedBytes - 512) / 3;

/** Columns of a message `e` for {@link toListed}. */
export const LISTED_COLUMNS = `e.seq, e.type, e.message_id, e.sender_id, e.timestamp, e.client_message_id, e.erased,
	CASE WHEN octet_length(e.body) > ${Limits.maxListedBytes}
		THEN json_set(e.body, '$.content', substr(e.body ->> '$.content', 1, ${Limits.listedCharacters}),
			'$.metadata', json('{}'), '$.truncated', json('true'))
		ELSE e.body END AS body,
	octet_length(e.body) > ${Limits.maxListedBytes} AS is_shortened`;

export function toListed(conversationId: string, row: Row): Entry {
	const entry = toEntry(conversationId, row);
	if (row.is_shortened === 1 || entry.body.length <= SHORT) return entry;
	if (Buffer.byteLength(encodeEntry(entry)) <= Limits.maxListedBytes)
		return entry;
	const fields = JSON.parse(entry.body) as { readonly content: string };
	return {
		...entry,
		body: JSON.stringify({
			...fields,
			content: Array.from(fields.content)
				.slice(0, Limits.listedCharacters)
				.join(""),
			metadata: {},
			truncated: true,
		}),
	};
}
