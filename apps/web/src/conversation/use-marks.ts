import { useReceipts } from "@secureconnect/react";
import { useMemo } from "react";
import type { Lines } from "./lines.ts";
import { type Mark, type Marks, marksOf } from "./marks.ts";
import { useDelivered } from "./use-delivered.ts";

/** How far the others have read and got what is shown. */
export function useMarks(
	conversationId: string,
	me: string,
	lines: Lines,
	isOpen: boolean,
): Marks {
	const { read, readSeq } = useReceipts(conversationId);
	const delivered = useDelivered(conversationId, me, isOpen, newestOwn(lines));
	return useMemo(() => {
		const found = new Map<string, Mark>();
		for (const [userId, messageId] of read) {
			if (userId === me) continue;
			const seq = readSeq(userId);
			if (seq !== undefined) found.set(userId, { messageId, seq });
		}
		return marksOf(found, delivered);
	}, [read, readSeq, delivered, me]);
}

/** Returns the id of the user's newest message. Searches the last lines only, because older ones are not new. */
function newestOwn(lines: Lines): string | undefined {
	for (let i = lines.count - 1; i >= Math.max(0, lines.count - 20); i--) {
		const line = lines.line(i);
		if (line?.isOwn && line.messageId !== undefined) return line.messageId;
	}
	return undefined;
}
