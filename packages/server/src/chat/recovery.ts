import { encodeEntry } from "@secureconnect/protocol";
import type { Turns } from "../fair/turns.ts";
import type { MessageLog } from "../log/contract.ts";
import type { Framing } from "./ports.ts";
import type { Seat } from "./seat.ts";

const PAGE_ENTRIES = 100;

/**
 * Serves seats whose connections resume or were too slow. The seats of one connection take turns: a connection has at
 * most one page in preparation, however many of its seats are behind, so its pages need no more memory than one seat's.
 */
export class Recovery {
	readonly #log: MessageLog;
	readonly #framing: Framing;
	readonly #turns: Turns;
	readonly #onError: (error: unknown) => void;
	/** Seats that wait for their next page, by the id of their connection. */
	readonly #lines = new Map<string, Seat[]>();

	/** @param onError receives the error when the log cannot be read */
	constructor(
		log: MessageLog,
		framing: Framing,
		turns: Turns,
		onError: (error: unknown) => void,
	) {
		this.#log = log;
		this.#framing = framing;
		this.#turns = turns;
		this.#onError = onError;
	}

	/** Sends a seat entries from the log, page by page at the peer's pace, until it has reached its room's position. */
	add(seat: Seat): void {
		const { id } = seat.subscriber;
		const line = this.#lines.get(id);
		if (line) line.push(seat);
		else {
			const started = [seat];
			this.#lines.set(id, started);
			void this.#serve(id, started);
		}
	}

	async #serve(id: string, line: Seat[]): Promise<void> {
		for (let seat = line.shift(); seat; seat = line.shift())
			if (await this.#isStillBehind(seat)) line.push(seat);
		this.#lines.delete(id);
	}

	async #isStillBehind(seat: Seat): Promise<boolean> {
		try {
			return await sendPage(seat, this.#log, this.#framing, this.#turns);
		} catch (error) {
			this.#onError(error);
			seat.room.fail(seat);
			return false;
		}
	}
}

/**
 * Sends a seat its next page from the log, or returns it to live delivery. Membership is checked again, at the same
 * moment as the page is read.
 * @returns whether the seat needs a further page
 */
export async function sendPage(
	seat: Seat,
	log: MessageLog,
	framing: Framing,
	turns: Turns,
): Promise<boolean> {
	const { room, subscriber } = seat;
	const { userId } = subscriber;
	const isThere = (): boolean => room.has(seat) && subscriber.isOpen;
	await subscriber.drained();
	if (!isThere()) return false;
	if (seat.nextSeq === room.nextSeq) {
		room.goLive(seat);
		return false;
	}
	// Other users get their turn between two pages, even if this peer reads fast.
	const page = await turns.take(userId, async () =>
		isThere()
			? log.page(
					room.conversationId,
					userId,
					{ direction: "after", seq: seat.nextSeq - 1 },
					PAGE_ENTRIES,
					subscriber.pageBytes,
				)
			: undefined,
	);
	if (!isThere()) return false;
	if (page === undefined) {
		const isDeleted = (await log.head(room.conversationId)) === undefined;
		if (isDeleted) room.delete();
		else room.expel(seat);
		return false;
	}
	// The log may be ahead of the room. Entries that the room has not announced yet come from the room.
	const due = page.entries.filter(({ seq }) => seq < room.nextSeq);
	const last = due.at(-1);
	if (!last || due[0]?.seq !== seat.nextSeq)
		throw new Error(
			`the history of ${room.conversationId} has a gap after ${seat.writtenSeq}`,
		);
	// Not compacted: each connection that reads from the log would repeat the compression.
	subscriber.write(
		due
			// A plain client would show an erased message as an empty one.
			.filter(({ isErased }) => subscriber.isV1 || !isErased)
			.map((entry) => framing.frame(encodeEntry(entry))),
	);
	seat.nextSeq = last.seq + 1;
	return true;
}
