import type { Rest } from "@secureconnect/protocol";
import type { Static } from "typebox";
import { HttpRefusal } from "../http-refusal.ts";
import type { MessageLog, PageCursor } from "../log/contract.ts";

/**
 * Reads the position at which a page begins. Resolves to undefined if the cursor's message is not in this conversation.
 */
export async function pageCursor(
	log: MessageLog,
	conversationId: string,
	query: Static<typeof Rest.pageQuery>,
): Promise<PageCursor | undefined> {
	const { before, after, before_seq, after_seq } = query;
	const given = [before, after, before_seq, after_seq].filter(
		(cursor) => cursor !== undefined,
	);
	if (given.length > 1)
		throw new HttpRefusal(
			400,
			"at most one of before, after, before_seq and after_seq may be given",
		);
	const direction =
		after !== undefined || after_seq !== undefined ? "after" : "before";
	const messageId = before ?? after;
	const seq =
		messageId === undefined
			? (before_seq ?? after_seq ?? Number.MAX_SAFE_INTEGER)
			: await log.seqOf(conversationId, messageId.toLowerCase());
	return seq === undefined ? undefined : { direction, seq };
}
