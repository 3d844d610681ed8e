import { useReceipts } from "@secureconnect/react";
import { useMemo, useRef } from "react";
import type { Lines } from "./lines.ts";
import { type Mark, type Marks, marksOf } from "./marks.ts";
import { useDelivered } from "./use-delivered.ts";

/** Watermarks are near the end; further back than this none is looked for. */
const LOOK_BACK = 3000;

/** How far the others have read and got what is shown. */
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

/** Of those at the end only: further up nothing is new. */
function newestOwn(lines: Lines): string | undefined {
	for (let i = lines.count - 1; i >= Math.max(0, lines.count - 20); i--) {
		const line = lines.line(i);
		if (line?.isOwn && line.messageId !== undefined) return line.messageId;
	}
	return undefined;
}

/** The `seq` of a message, remembered once it is known: a receipt has only its id. */
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
