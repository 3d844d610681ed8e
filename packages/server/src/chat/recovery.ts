import { CloseCode, encodeEntry } from "@secureconnect/protocol";
import type { Turns } from "../fair/turns.ts";
import type { MessageLog } from "../log/contract.ts";
import type { Framing } from "./ports.ts";
import type { Attachment, Room } from "./room.ts";

const PAGE_ENTRIES = 100;

/**
 * Serves an attachment from the log, page by page as its peer takes them, until it is where the room is. Serves one that
 * resumes and one that could not keep up alike. Membership is asked anew with every page, of the same moment as the page.
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
		// Others have their turn between two pages, however fast this peer reads.
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
			room.expel(attachment);
			return;
		}
		// The log may be ahead of the room: what the room has yet to announce comes from the room.
		const due = page.entries.filter(({ seq }) => seq < room.nextSeq);
		const last = due.at(-1);
		if (!last || due[0]?.seq !== attachment.nextSeq) {
			subscriber.close(CloseCode.internalError, "history has a gap");
			return;
		}
		// Not compacted: that would be done anew for each that reads it.
		subscriber.write(due.map((entry) => framing.frame(encodeEntry(entry))));
		attachment.nextSeq = last.seq + 1;
	}
}
