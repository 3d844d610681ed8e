import { setTimeout as delay } from "node:timers/promises";
import {
	ChatError,
	type Conversation,
	type ConversationEntry,
	createClient,
} from "@secureconnect/client";
import type { WireServerFrame } from "@secureconnect/protocol";
import { wireKey, withKeys } from "@secureconnect/protocol/wire";
import { StartupError } from "@secureconnect/server/startup-error";
import type { ChatOptions } from "./options.ts";
import { printableLine } from "./printable.ts";

const AGAIN_MS = 1000;

export interface OpenConversation {
	readonly conversation: Conversation;
	/** Ends the connection; to be called in any case, or the process goes on. */
	close(): void;
}

/** Opens a conversation by the client of this repository; nothing is waited for. */
export function openConversation(options: ChatOptions): OpenConversation {
	const { url, token, conversationId } = options;
	const client = createClient({ url, token });
	return {
		conversation: client.conversation(conversationId),
		close: () => client.close(),
	};
}

/** Why the connection cannot be had, or ended for good: in one line that says what to do. */
export class ConnectionEnded extends StartupError {}

/**
 * Settles never well: rejects with {@link ConnectionEnded} once there is no connection and will be none.
 * @param patient goes on where the client would give up
 */
export function untilOver(
	conversation: Conversation,
	url: string,
	patient: () => boolean,
): Promise<never> {
	return new Promise((_, reject) => {
		conversation.on("state", (state) => {
			switch (state.name) {
				case "failed":
					reject(new ConnectionEnded(whyFailed(state.error, url)));
					break;
				case "closed":
					reject(new ConnectionEnded("the server ended the connection"));
					break;
				case "given_up":
					if (patient()) conversation.reconnect();
					else
						reject(
							new ConnectionEnded(
								`the server cannot be reached at ${url}: is it running, and is --url right?`,
							),
						);
			}
		});
	});
}

function whyFailed(error: ChatError, server = "the server"): string {
	switch (error.code) {
		case "unauthorized":
			return `${server} refuses the token: it is of another secret, or has expired (${printableLine(error.message)}); --url names another server`;
		case "invalid_token":
			return "what was given as a token is none: give the token alone, without quotes, spaces or a word before it";
		case "forbidden":
			return "you are not a participant of this conversation, or there is none: ask an owner to add you";
		case "removed":
			return "you were removed from the conversation";
		case "other_user":
			return "the new token is of another user than the one before";
		default:
			return `the server refuses the connection: ${printableLine(error.message)}`;
	}
}

/** Returns an entry of the history as it is on the wire. */
export function wireOf({
	createdAt: _,
	...frame
}: ConversationEntry): WireServerFrame {
	return withKeys(frame, wireKey) as WireServerFrame;
}

/** Never settles: something else ends what waits for this. */
export function forever(): Promise<never> {
	return new Promise(() => {});
}

/** Resolves with the first connection, from which on nothing is missed. */
export function untilReady(conversation: Conversation): Promise<void> {
	return new Promise((resolve) => {
		conversation.on("ready", () => resolve());
	});
}

/** Entries that are handed over at most after the server was set back to a backup. */
export const MOST_RESTORED = 1000;
/** Ids of entries that were handed over, by which the restored log is known to go on from there. */
const REMEMBERED = 10_000;

/**
 * Hands over the newest `count` entries, oldest first, and then every frame that comes, as on the wire, without a gap
 * or a repeat. Resolves when the first of what is live is due.
 * @param before is waited for before anything is handed over
 * @param restored how many entries to hand over, of those that are new, when the server was set back to a backup
 * @throws {ConnectionEnded} where history is refused
 */
export async function follow(
	conversation: Conversation,
	count: number,
	take: (frame: WireServerFrame) => void,
	before: () => Promise<void> = async () => {},
	restored = 0,
): Promise<void> {
	const known = new Set<string>();
	/** Time of the first entry that was handed over: nobody asked for older ones. */
	let since: string | undefined;
	const hand = (frame: WireServerFrame): void => {
		if (frame.type === "chat" || frame.type === "participant_removed") {
			since ??= frame.timestamp;
			known.add(frame.message_id);
			const [oldest = ""] = known;
			if (known.size > REMEMBERED) known.delete(oldest);
		}
		take(frame);
	};
	let waiting: WireServerFrame[] | undefined;
	conversation.on("frame", (frame) => {
		if (waiting) waiting.push(frame);
		else hand(frame);
	});
	const begin = async (most: number): Promise<void> => {
		const own: WireServerFrame[] = [];
		waiting = own;
		const entries = await newest(
			conversation,
			most,
			({ messageId, timestamp }) =>
				known.has(messageId) || timestamp < (since ?? timestamp),
		);
		await before();
		// The server was set back meanwhile: what follows comes with the next beginning.
		if (waiting !== own) return;
		for (const entry of entries.reverse()) hand(wireOf(entry));
		waiting = undefined;
		for (const frame of own) hand(frame);
	};
	let latest = begin(count);
	conversation.on("reset", () => {
		latest = begin(since === undefined ? Math.min(count, restored) : restored);
		// Why history is refused, is for untilOver() to say.
		latest.catch(() => {});
	});
	for (let done: Promise<void> | undefined; done !== latest; ) {
		done = latest;
		await done;
	}
}

/** The newest entries up to an old one, newest first; asked for again where the connection is lost meanwhile. */
async function newest(
	conversation: Conversation,
	count: number,
	isOld: (entry: ConversationEntry) => boolean,
): Promise<ConversationEntry[]> {
	for (;;)
		try {
			const entries: ConversationEntry[] = [];
			if (count === 0) return entries;
			const pageSize = Math.min(count, 100);
			// What was asked for without `before` begins where live frames do.
			for await (const entry of conversation.history({ pageSize })) {
				if (isOld(entry)) break;
				entries.push(entry);
				if (entries.length === count) break;
			}
			return entries;
		} catch (error) {
			const isTransient =
				!(error instanceof ChatError) ||
				// The connection that is made next tells of the log that is there now.
				error.code === "epoch_changed" ||
				(error.code === "request_failed" && (error.status ?? 0) >= 500);
			const { name } = conversation.state;
			// Why, is for untilOver() to say.
			if (name === "failed" || name === "closed") return forever();
			if (!isTransient) throw new ConnectionEnded(whyFailed(error));
			await delay(AGAIN_MS);
		}
}
