import { useReceipts } from "@secureconnect/react";
import { useMemo, useRef } from "react";
import type { Lines } from "./lines.ts";
import { type Mark, type Marks, marksOf } from "./marks.ts";
import { useDelivered } from "./use-delivered.ts";

/** Maximum number of lines searched for a watermark, from the end. */
const LOOK_BACK = 3000;

/** Returns the read and delivery positions of the other participants in the shown lines. */
export function useMarks(
	conversationId: string,
	me: string,
	lines: Lines,
	isOpen: boolean,
): Marks {
	const { read } = useReceipts(conversationId);
	const delivered = useDelivered(conversationId, me, isOpen, newestOwn(lines));
	const places = useRef(new Map<string, number>());
	return useMemo(() => {
		const found = new Map<string, Mark>();
		for (const [userId, messageId] of read) {
			if (userId === me) continue;
			const seq = placeOf(messageId, lines, places.current);
			if (seq !== undefined) found.set(userId, { messageId, seq });
		}
		return marksOf(found, delivered);
	}, [read, delivered, lines, me]);
}

/** Returns the id of the user's newest message. Searches the last lines only, because older ones are not new. */
function newestOwn(lines: Lines): string | undefined {
	for (let i = lines.count - 1; i >= Math.max(0, lines.count - 20); i--) {
		const line = lines.line(i);
		if (line?.isOwn && line.messageId !== undefined) return line.messageId;
	}
	return undefined;
}

/** Returns the `seq` of a message and caches it. A receipt contains only the message's id. */
function placeOf(
	messageId: string,
	lines: Lines,
	places: Map<string, number>,
): number | undefined {
	const known = places.get(messageId);
	if (known !== undefined) return known;
	const end = Math.max(0, lines.count - LOOK_BACK);
	for (let i = lines.count - 1; i >= end; i--) {
		const line = lines.line(i);
		if (line?.messageId !== messageId || line.seq === undefined) continue;
		places.set(messageId, line.seq);
		return line.seq;
	}
	return undefined;
}
