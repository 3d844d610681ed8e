import {
	type Conversation,
	type ConversationLog,
	logOf,
	type WireEntry,
} from "@secureconnect/client";
import { ENTRY_TYPES, isAmendment } from "@secureconnect/protocol/entries";
import { patiently } from "./conversation.ts";

/** A frame as the server sent it: an entry of any type, or a signal such as `typing`. */
export type WireFrame = WireEntry;

/** Largest number of messages that {@link follow} passes on after the server was restored from a backup. */
export const MOST_RESTORED = 1000;
/** Number of ids of passed entries that {@link follow} remembers, to find the new entries of a restored log. */
const REMEMBERED = 10_000;
/** Largest number of stored entries that {@link follow} passes on at once: a message may have many reactions. */
const MOST_ENTRIES = 20_000;

/**
 * Passes the newest `count` messages to `take`, oldest first, and the entries of other types between and after them,
 * then every live frame, without a gap or a repeat. All frames are as they are on the wire. Resolves when the live
 * frames begin.
 * @param take gets a frame, and whether it is live
 * @param before awaited before the first entry is passed on
 * @param restored largest number of new messages to pass on after the server was restored from a backup
 * @throws {ConnectionEnded} if the server refuses to send history
 */
export async function follow(
	conversation: Conversation,
	count: number,
	take: (frame: WireFrame, isLive: boolean) => void,
	before: () => Promise<void> = async () => {},
	restored = 0,
): Promise<void> {
	const log = logOf(conversation);
	const known = new Set<unknown>();
	/** Time of the first entry that was passed on. Older entries were not requested. */
	let since: unknown;
	const hand = (frame: WireFrame, isLive: boolean): void => {
		if (frame.seq !== undefined) {
			since ??= frame.timestamp;
			known.add(frame.message_id);
			const [oldest] = known;
			if (known.size > REMEMBERED) known.delete(oldest);
		}
		take(frame, isLive);
	};
	let waiting: WireFrame[] | undefined;
	const live = (frame: WireFrame): void => {
		if (waiting) waiting.push(frame);
		else hand(frame, true);
	};
	log.onEntry(live);
	conversation.on("frame", (frame) => {
		// The log reports frames with a number.
		if (!("seq" in frame)) live(frame);
	});
	const begin = async (most: number): Promise<void> => {
		const own: WireFrame[] = [];
		waiting = own;
		const entries = await patiently(conversation, () =>
			newest(
				log,
				most,
				({ message_id, timestamp }) =>
					known.has(message_id) ||
					String(timestamp) < String(since ?? timestamp),
			),
		);
		await before();
		// The server was restored meanwhile: the next call of begin() passes the entries on.
		if (waiting !== own) return;
		for (const entry of entries.reverse()) hand(entry, false);
		waiting = undefined;
		for (const frame of own) hand(frame, true);
	};
	let latest = begin(count);
	conversation.on("reset", () => {
		latest = begin(since === undefined ? Math.min(count, restored) : restored);
		// untilOver() reports why the server refuses history.
		latest.catch(() => {});
	});
	for (let done: Promise<void> | undefined; done !== latest; ) {
		done = latest;
		await done;
	}
}

/** Fetches the newest messages up to an old entry, newest first, with the entries of other types between them. */
async function newest(
	log: ConversationLog,
	count: number,
	isOld: (entry: WireEntry) => boolean,
): Promise<WireEntry[]> {
	const entries: WireEntry[] = [];
	if (count === 0) return entries;
	let messages = 0;
	// A page without `before` begins with the newest entry, directly before the live frames.
	for await (const entry of log.history({
		pageSize: Math.min(Math.max(count, 20), 100),
	})) {
		if (isOld(entry)) break;
		entries.push(entry);
		if (isShown(entry)) messages++;
		if (messages === count || entries.length === MOST_ENTRIES) break;
	}
	return entries;
}

/** Returns whether an entry has a line of its own in a list of messages. Amendments have none. */
function isShown({ type, deleted }: WireEntry): boolean {
	return Object.hasOwn(ENTRY_TYPES, type) && !isAmendment(type) && !deleted;
}
