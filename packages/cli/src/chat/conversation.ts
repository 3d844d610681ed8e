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
	/** Ends the connection. The caller always calls it, otherwise the process does not end. */
	close(): void;
}

/** Opens a conversation with the client of this repository. It does not wait for the connection. */
export function openConversation(options: ChatOptions): OpenConversation {
	const { url, token, conversationId } = options;
	const client = createClient({ url, token });
	return {
		conversation: client.conversation(conversationId),
		close: () => client.close(),
	};
}

/** Error for a connection that cannot be made or ended for good. Its message is one line that says what to do. */
export class ConnectionEnded extends StartupError {}

/**
 * Rejects with {@link ConnectionEnded} when the connection cannot be made or has ended for good. It never resolves.
 * @param patient whether to try again when the client has given up
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
			return `${server} refuses the token: it has expired or was signed with a different secret (${printableLine(error.message)}); --url selects the server`;
		case "invalid_token":
			return "the token is malformed: give the token alone, without quotes, spaces or a word before it";
		case "forbidden":
			return "you are not a participant of this conversation, or it does not exist: ask an owner to add you";
		case "removed":
			return "you were removed from the conversation";
		case "deleted":
			return "the conversation was deleted";
		case "other_user":
			return "the new token belongs to a different user than the previous token";
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

/** Returns a promise that never settles, for a race that another promise ends. */
export function forever(): Promise<never> {
	return new Promise(() => {});
}

/** Resolves with the first connection. From then on the client delivers every frame. */
export function untilReady(conversation: Conversation): Promise<void> {
	return new Promise((resolve) => {
		conversation.on("ready", () => resolve());
	});
}

/** Largest number of entries that {@link follow} passes on after the server was restored from a backup. */
export const MOST_RESTORED = 1000;
/** Number of ids of passed entries that {@link follow} remembers, to find the new entries of a restored log. */
const REMEMBERED = 10_000;

/**
 * Passes the newest `count` entries to `take`, oldest first, then every live frame in its form on the wire, without a
 * gap or a repeat. Resolves when the live frames begin.
 * @param before awaited before the first entry is passed on
 * @param restored largest number of new entries to pass on after the server was restored from a backup
 * @throws {ConnectionEnded} if the server refuses to send history
 */
export async function follow(
	conversation: Conversation,
	count: number,
	take: (frame: WireServerFrame) => void,
	before: () => Promise<void> = async () => {},
	restored = 0,
): Promise<void> {
	const known = new Set<string>();
	/** Time of the first entry that was passed on. Older entries were not requested. */
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
		// The server was restored meanwhile: the next call of begin() passes the entries on.
		if (waiting !== own) return;
		for (const entry of entries.reverse()) hand(wireOf(entry));
		waiting = undefined;
		for (const frame of own) hand(frame);
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

/** Fetches the newest entries up to an old one, newest first. It tries again after a lost connection. */
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
			// A page without `before` begins with the newest entry, directly before the live frames.
			for await (const entry of conversation.history({ pageSize })) {
				if (isOld(entry)) break;
				entries.push(entry);
				if (entries.length === count) break;
			}
			return entries;
		} catch (error) {
			const isTransient =
				!(error instanceof ChatError) ||
				// The next connection reports the new log.
				error.code === "epoch_changed" ||
				(error.code === "request_failed" && (error.status ?? 0) >= 500);
			const { name } = conversation.state;
			// untilOver() reports the reason.
			if (name === "failed" || name === "closed") return forever();
			if (!isTransient) throw new ConnectionEnded(whyFailed(error));
			await delay(AGAIN_MS);
		}
}
