/** Checks that read watermarks never move back. */
import {
	type Finding,
	idsOf,
	lost,
	type RoomRecord,
	reordered,
} from "./record.ts";

/**
 * Checks that a reported watermark holds. Afterwards no connection receives an older watermark, or the same one again.
 * Two are allowed: once the one in its welcome, and an earlier one than that if the user wrote its message. No later
 * connection gets an older one in its welcome, and the stored watermark is not older.
 */
export function watermarksNeverGoBack({
	clients,
	stored,
	watermarks,
}: RoomRecord): Finding[] {
	const byId = idsOf(stored);
	const seqOf = (messageId: string): number => byId.get(messageId)?.seq ?? -1;
	const found: Finding[] = [];
	/** User id to the watermarks reported so far and their times, in order of report and of `seq`. */
	const told = new Map<string, { n: number; seq: number }[]>();
	const toldBefore = (userId: string, n: number): number =>
		told.get(userId)?.findLast((it) => it.n < n)?.seq ?? 0;
	const tell = (userId: string, n: number, seq: number): void => {
		const all = told.get(userId) ?? [];
		all.push({ n, seq: Math.max(seq, all.at(-1)?.seq ?? 0) });
		told.set(userId, all);
	};
	const begun = new Map<string, number>();
	const onConnection = new Map<string, { seq: number; again: boolean }>();
	const all = clients
		.flatMap((client) => client.events.map((event) => ({ client, event })))
		.sort((a, b) => a.event.n - b.event.n);
	for (const { client, event } of all) {
		const connection = `connection ${event.connection} of ${client.name}`;
		if (event.kind === "connecting") begun.set(connection, event.n);
		if (event.kind === "welcomed") {
			const seqs = new Map(
				event.watermarks.map((it) => [it.userId, seqOf(it.messageId)]),
			);
			for (const userId of told.keys()) {
				const before = toldBefore(userId, begun.get(connection) ?? 0);
				if ((seqs.get(userId) ?? 0) < before)
					found.push(
						reordered(
							`${connection} got ${seqs.get(userId)} for ${userId} in its welcome after ${before} was reported`,
						),
					);
			}
			for (const { userId, messageId } of event.watermarks) {
				const seq = seqOf(messageId);
				tell(userId, event.n, seq);
				// Writing advances a watermark without a frame. Afterwards the writer may still read an earlier message.
				const wrote = byId.get(messageId)?.sender_id === userId;
				onConnection.set(`${connection} ${userId}`, {
					seq: wrote ? 0 : seq,
					again: true,
				});
			}
		}
		if (event.kind === "watermark") {
			const { userId, messageId } = event;
			const seq = seqOf(messageId);
			const key = `${connection} ${userId}`;
			const last = onConnection.get(key) ?? { seq: 0, again: false };
			if (seq === -1)
				found.push(
					lost(
						`${connection} got a watermark on ${messageId}, which is not stored`,
					),
				);
			else if (seq < last.seq || (seq === last.seq && !last.again))
				found.push(
					reordered(
						`${connection} got the watermark ${seq} after ${last.seq} for ${userId}`,
					),
				);
			onConnection.set(key, { seq: Math.max(seq, last.seq), again: false });
			tell(userId, event.n, seq);
		}
	}
	const final = new Map(watermarks.map((it) => [it.userId, it.messageId]));
	for (const userId of told.keys()) {
		const before = toldBefore(userId, Number.POSITIVE_INFINITY);
		const now = seqOf(final.get(userId) ?? "");
		if (now < before)
			found.push(
				lost(`the watermark of ${userId} was ${before} and is now ${now}`),
			);
	}
	return found;
}
