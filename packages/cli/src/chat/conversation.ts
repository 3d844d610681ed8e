import { setTimeout as delay } from "node:timers/promises";
import {
	ChatError,
	type Conversation,
	type ConversationsResource,
	createClient,
} from "@secureconnect/client";
import { StartupError } from "@secureconnect/server/startup-error";
import type { ChatOptions } from "./options.ts";
import { printableLine } from "./printable.ts";

const AGAIN_MS = 1000;

export interface OpenConversation {
	readonly conversation: Conversation;
	/** Requests over REST, with the tokens of the connection. */
	readonly conversations: ConversationsResource;
	/** Opens one more view of the same conversation, over the same connection. */
	view(): Conversation;
	/** Ends the connection. The caller always calls it, otherwise the process does not end. */
	close(): void;
}

/** Opens a conversation with the client of this repository. It does not wait for the connection. */
export function openConversation(options: ChatOptions): OpenConversation {
	const { url, token, conversationId } = options;
	const client = createClient({ url, token });
	const view = (): Conversation => client.conversation(conversationId);
	return {
		conversation: view(),
		conversations: client.conversations,
		view,
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

/**
 * Does `work`, which requests history. It tries again after a lost connection.
 * @throws {ConnectionEnded} if the server refuses to send history
 */
export async function patiently<T>(
	conversation: Conversation,
	work: () => Promise<T>,
): Promise<T> {
	for (;;)
		try {
			return await work();
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
