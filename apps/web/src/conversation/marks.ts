/** Read and delivery positions of the other participants. */
export interface Marks {
	/** Message id to the users whose newest read message it is. */
	readonly readAt: ReadonlyMap<string, readonly string[]>;
	readonly deliveredAt: ReadonlyMap<string, readonly string[]>;
	/** Highest `seq` that any other participant has read, and that any has received. */
	readonly readSeq: number;
	readonly deliveredSeq: number;
}

export interface Mark {
	readonly messageId: string;
	readonly seq: number;
}

/** @param read by user id, without the current user */
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
		// A read message was also delivered; do not list its reader twice.
		if (seq > (read.get(userId)?.seq ?? 0)) put(deliveredAt, messageId, userId);
	}
	return { readAt, deliveredAt, readSeq, deliveredSeq };
}

function put(map: Map<string, string[]>, key: string, value: string): void {
	const values = map.get(key);
	if (values) values.push(value);
	else map.set(key, [value]);
}
