import type { RestShapes } from "@secureconnect/protocol";
import {
	type ConversationDetails,
	type ConversationSettings,
	muteOf,
	readDetails,
	withMute,
} from "./conversation-details.ts";
import type { Message, Metadata } from "./events.ts";
import { withCreatedAt } from "./frames.ts";
import { type MessagePage, type MessagesOptions, readPage } from "./history.ts";
import { queryOf } from "./http-client.ts";
import type { SendOptions } from "./live-conversation.ts";
import { ParticipantsResource } from "./participants-resource.ts";
import type { RestClient } from "./rest-client.ts";
import { newUuid } from "./uuid.ts";

/**
 * A conversation in the user's list. `unread`: messages after the user's watermark that were not deleted. `mentions`:
 * those of them that mention the user. `directUser`: the other user of a direct conversation. Servers of earlier
 * versions send neither `mentions`, `kind`, `closed` nor the user's own settings.
 */
export interface ConversationSummary<
	M extends object = Metadata,
	C extends object = Metadata,
> extends Omit<Summary, "metadata" | "lastMessage" | "mutedUntil">,
		Partial<Pick<ConversationSettings, "mutedUntil">> {
	readonly metadata: C;
	readonly lastMessage: Message<M> | null;
}
/** A page of the list. */
export interface ConversationPage<
	M extends object = Metadata,
	C extends object = Metadata,
> {
	readonly conversations: readonly ConversationSummary<M, C>[];
	/** `after` of the next page; null on the last page. */
	readonly next: string | null;
	/** Id of the server's log. */
	readonly epoch: string;
}
/** A user's read watermark and the delivery state of the user's devices. */
export type Receipt = RestShapes["receipts"]["receipts"][number];
/** Users who are online. `count` may exceed the number listed. */
export type PresenceList = RestShapes["presence"];
type Summary = RestShapes["conversationList"]["conversations"][number];

/** A conversation to create. */
export interface NewConversation<C extends object = Metadata> {
	/** A UUID chosen by the caller. The server creates one if it is omitted. */
	readonly conversationId?: string;
	/** At most 256 characters. */
	readonly title?: string;
	/** Any JSON object, stored unchanged; at most 16,384 bytes as JSON. */
	readonly metadata?: Readonly<C>;
	/** UUIDs, at most 1,000. The creator may be omitted. */
	readonly participantIds: readonly string[];
}

/** New values of a conversation. Fields that are left out stay as they are. */
export interface ConversationChange<C extends object = Metadata> {
	/** At most 256 characters; null removes the title. */
	readonly title?: string | null;
	/** Replaces the metadata; at most 16,384 bytes as JSON. */
	readonly metadata?: Readonly<C>;
	/** Whether the conversation takes no messages (rule CV-3). */
	readonly closed?: boolean;
}

/** Part of the list of conversations. */
export interface ListOptions {
	/** Conversations per page; the default is 50, the maximum 100. */
	readonly limit?: number;
	/** `next` of the previous page. */
	readonly after?: string;
	/** `epoch` of the previous page. A server that was restored from a backup since then answers `epoch_changed`. */
	readonly epoch?: string | undefined;
}

/** Options of {@link ConversationsResource.send}. */
export interface PostOptions<M extends object = Metadata>
	extends SendOptions<M> {
	/**
	 * A UUID of the message. The client creates one if it is omitted. After a failure without an answer, a repetition
	 * with the same id stores the message once (rule OR-4).
	 */
	readonly clientMessageId?: string;
}

/**
 * The user's conversations over REST: no method opens a WebSocket. Every method rejects with a {@link ChatError}.
 * Retrying does not help with `unauthorized`, `forbidden` (not a participant, no such conversation, or not an owner),
 * `bad_request`, `not_found`, `conflict`, `last_owner`, `conversation_full`, `too_many_additions`, `epoch_changed` and
 * `too_large`. `request_failed` may be temporary. `status` is the server's HTTP status, or undefined if there was no
 * answer.
 */
export class ConversationsResource<
	M extends object = Metadata,
	C extends object = Metadata,
> {
	readonly #rest: RestClient;

	/** @internal See {@link ChatClient.conversations}. */
	constructor(rest: RestClient) {
		this.#rest = rest;
	}

	/** Lists the user's conversations, most recently active first. */
	async list(options: ListOptions = {}): Promise<ConversationPage<M, C>> {
		const query = queryOf({ ...options });
		const page = await this.#rest.read<RestShapes["conversationList"]>(
			`?${query}`,
		);
		return {
			...page,
			conversations: page.conversations.map(({ lastMessage, ...summary }) => ({
				...withMute(summary),
				lastMessage: lastMessage && withCreatedAt(lastMessage),
			})),
		} as unknown as ConversationPage<M, C>;
	}

	/** Returns one conversation with its participants. */
	get(id: string): Promise<ConversationDetails<C>> {
		return readDetails(this.#rest, pathOf(id));
	}

	/** Creates a conversation; the creator becomes its owner. Rejects with `conflict` if the id is taken. */
	create(conversation: NewConversation<C>): Promise<ConversationDetails<C>> {
		return readDetails(this.#rest, "", "POST", conversation);
	}

	/**
	 * Returns the direct conversation with a user, and creates it if there is none. There is one for each two users
	 * (rule DM-1). Rejects with `forbidden` if it would be new and the user has blocked this user.
	 */
	direct(userId: string): Promise<ConversationDetails<C>> {
		return readDetails(this.#rest, "", "POST", { direct: userId });
	}

	/** Changes title, metadata or whether the conversation is closed, for all participants; only owners may. */
	update(
		id: string,
		change: ConversationChange<C>,
	): Promise<ConversationDetails<C>> {
		return readDetails(this.#rest, pathOf(id), "PATCH", change);
	}

	/**
	 * Deletes a conversation with everything in it; only owners may. Every open view of it ends with `deleted`, and the
	 * id is not used again.
	 */
	async delete(id: string): Promise<void> {
		await this.#rest.request(pathOf(id), "DELETE");
	}

	/**
	 * Changes this user's own settings. Fields that are left out keep their values.
	 * @returns all settings
	 */
	async updateSettings(
		id: string,
		{ mutedUntil, ...settings }: Partial<ConversationSettings>,
	): Promise<ConversationSettings> {
		const answer = this.#rest.read<RestShapes["ownSettings"]>(
			`${pathOf(id)}/me`,
			"PUT",
			{ ...settings, mutedUntil: muteOf(mutedUntil) },
		);
		return withMute(await answer) as ConversationSettings;
	}

	/** Reads a page of the stored messages; by default the newest. It needs no connection, unlike `history`. */
	messages(id: string, options: MessagesOptions = {}): Promise<MessagePage<M>> {
		return this.#rest.attempt(() =>
			readPage(this.#rest.http, encodeURIComponent(id), options),
		) as Promise<MessagePage<M>>;
	}

	/**
	 * Sends a message and resolves with the stored one. The outbox does not take part: a failed message is not sent
	 * again, and nothing is kept over a reload.
	 * @throws {ChatError} `conflict` if the id belongs to a different message
	 */
	async send(
		id: string,
		content: string,
		{ clientMessageId = newUuid(), ...options }: PostOptions<M> = {},
	): Promise<Message<M>> {
		const message = await this.#rest.read<Message<M>>(
			`${pathOf(id)}/messages`,
			"POST",
			{ ...options, content, clientMessageId },
		);
		return withCreatedAt(message);
	}

	/** Returns the participants of a conversation, to list and change them. */
	participants(id: string): ParticipantsResource<C> {
		return new ParticipantsResource(this.#rest, pathOf(id));
	}

	/** Lists read watermarks, and what was delivered to the users' devices. */
	async receipts(id: string): Promise<readonly Receipt[]> {
		const answer = this.#rest.read<RestShapes["receipts"]>(
			`${pathOf(id)}/receipts`,
		);
		return (await answer).receipts;
	}

	/** Returns the users who are online in a conversation. */
	presence(id: string): Promise<PresenceList> {
		return this.#rest.read(`${pathOf(id)}/presence`);
	}
}

function pathOf(id: string): string {
	return `/${encodeURIComponent(id)}`;
}
