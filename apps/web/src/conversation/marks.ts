/** How far others have read, and what has reached their devices. */
export interface Marks {
	/** By message, who has read up to it and no further. */
	readonly readAt: ReadonlyMap<string, readonly string[]>;
	readonly deliveredAt: ReadonlyMap<string, readonly string[]>;
	/** The furthest that any of the others has read, and has got. */
	readonly readSeq: number;
	readonly deliveredSeq: number;
}

export interface Mark {
	readonly messageId: string;
	readonly seq: number;
}

/** @param read by user, without oneself */
export function marksOf(
	read: ReadonlyMap<string, Mark>,
	delivered: ReadonlyMap<string, Mark>,
): Marks {
	const readAt = new Map<string, string[]>();
	const deliveredAt = new Map<string, string[]>();
	let readSeq = 0;
	let deliveredSeq = 0;
	for (const [userId, { messageId, seq }] of read) {
		readSeq = Math.max(readSeq, seq);
		put(readAt, messageId, userId);
	}
	for (const [userId, { messageId, seq }] of delivered) {
		deliveredSeq = Math.max(deliveredSeq, seq);
		// Who has read it has got it.
		if (seq > (read.get(userId)?.seq ?? 0)) put(deliveredAt, messageId, userId);
	}
	return { readAt, deliveredAt, readSeq, deliveredSeq };
}

function put(map: Map<string, string[]>, key: string, value: string): void {
	const values = map.get(key);
	if (values) values.push(value);
	else map.set(key, [value]);
}
