import { CloseCode, encodeEntry } from "@secureconnect/protocol";
import type { Turns } from "../fair/turns.ts";
import type { MessageLog } from "../log/contract.ts";
import type { Framing } from "./ports.ts";
import type { Attachment, Room } from "./room.ts";

const PAGE_ENTRIES = 100;

/**
 * Sends an attachment entries from the log, page by page at the peer's pace, until it has reached the room's position.
 * Serves connections that resume and connections that were too slow. Each page checks membership again, at the same
 * moment as the page is read.
 */
export async function catchUp(
	room: Room,
	attachment: Attachment,
	log: MessageLog,
	framing: Framing,
	turns: Turns,
): Promise<void> {
	const { subscriber } = attachment;
	const { userId } = subscriber;
	const isThere = (): boolean => room.has(attachment) && subscriber.isOpen;
	for (;;) {
		await subscriber.drained();
		if (!isThere()) return;
		if (attachment.nextSeq === room.nextSeq) {
			room.goLive(attachment);
			return;
		}
		// Other users get their turn between two pages, even if this peer reads fast.
		const page = await turns.take(userId, async () =>
			isThere()
				? log.page(
						room.conversationId,
						userId,
						{ direction: "after", seq: attachment.nextSeq - 1 },
						PAGE_ENTRIES,
						subscriber.pageBytes,
					)
				: undefined,
		);
		if (!isThere()) return;
		if (page === undefined) {
			const isDeleted = (await log.head(room.conversationId)) === undefined;
			if (isDeleted) room.delete();
			else room.expel(attachment);
			return;
		}
		// The log may be ahead of the room. Entries that the room has not announced yet come from the room.
		const due = page.entries.filter(({ seq }) => seq < room.nextSeq);
		const last = due.at(-1);
		if (!last || due[0]?.seq !== attachment.nextSeq) {
			subscriber.close(CloseCode.internalError, "the history has a gap");
			return;
		}
		// Not compacted: each connection that reads from the log would repeat the compression.
		subscriber.write(
			due
				// A plain client would show an erased message as an empty one.
				.filter(({ isErased }) => subscriber.isV1 || !isErased)
				.map((entry) => framing.frame(encodeEntry(entry))),
		);
		attachment.nextSeq = last.seq + 1;
	}
}
