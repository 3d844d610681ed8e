/**
 * `@secureconnect/client/rest`: conversations and participants over REST. A separate entry point keeps the WebSocket
 * out of programs that only send requests.
 */
import type {
	ConversationDetails,
	ConversationSettings,
} from "./conversation-details.ts";
import {
	type ConversationChange,
	type ConversationPage,
	ConversationsResource,
	type ListOptions,
	type NewConversation,
	type PresenceList,
	type Receipt,
} from "./conversations-resource.ts";
import { endpointOf } from "./endpoint.ts";
import { HttpClient } from "./http-client.ts";
import type { ClientOptions } from "./options.ts";
import type { Role } from "./participants-resource.ts";
import { RestClient } from "./rest-client.ts";
import { TokenSource } from "./token.ts";

export type {
	ConversationDetails,
	ConversationSettings,
} from "./conversation-details.ts";
export type {
	ConversationChange,
	ConversationPage,
	ConversationSummary,
	NewConversation,
	PresenceList,
	Receipt,
} from "./conversations-resource.ts";
export type { Participant, Role } from "./participants-resource.ts";

/**
 * One user's requests to one server. `ChatClient.conversations` has the same requests, and those that read and send
 * messages; it also lists the codes of the errors.
 */
export interface ChatRest {
	/** As {@link ConversationsResource.list}. */
	conversations(page?: ListOptions): Promise<ConversationPage>;
	/** As {@link ConversationsResource.get}. */
	conversation(id: string): Promise<ConversationDetails>;
	/** As {@link ConversationsResource.create}. */
	create(conversation: NewConversation): Promise<ConversationDetails>;
	/** As {@link ConversationsResource.direct}. */
	direct(userId: string): Promise<ConversationDetails>;
	/** As {@link ConversationsResource.update}. */
	update(id: string, change: ConversationChange): Promise<ConversationDetails>;
	/** As {@link ConversationsResource.updateSettings}. */
	updateSettings(
		id: string,
		settings: Partial<ConversationSettings>,
	): Promise<ConversationSettings>;
	/** As {@link ConversationsResource.delete}. */
	delete(id: string): Promise<void>;
	/** As {@link ParticipantsResource.setRole}. */
	setRole(id: string, userId: string, role: Role): Promise<ConversationDetails>;
	/** As {@link ParticipantsResource.add}. */
	addParticipants(
		id: string,
		userIds: readonly string[],
	): Promise<ConversationDetails>;
	/** As {@link ParticipantsResource.remove}. Every user may remove themselves, which means to leave. */
	removeParticipant(id: string, userId: string): Promise<void>;
	/** As {@link ConversationsResource.receipts}. */
	receipts(id: string): Promise<readonly Receipt[]>;
	/** As {@link ConversationsResource.presence}. */
	presence(id: string): Promise<PresenceList>;
}

/**
 * Creates a REST client with a token cache of its own. A program that also uses `createClient` uses its
 * `conversations` instead.
 * @param options `url` and `token` as for `createClient`. The client calls `token` once for all requests, and again
 * when the token is due for renewal or was rejected
 * @throws {TypeError} if `url` is not a URL or has a scheme other than `http(s):` or `ws(s):`
 * @example
 * ```ts
 * const rest = createRest({ url: "http://localhost:8082", token });
 * const { conversations } = await rest.conversations();
 * ```
 */
export function createRest({
	url,
	token,
	userId,
}: Pick<ClientOptions, "url" | "token" | "userId">): ChatRest {
	const tokens = new TokenSource(token, userId);
	const all = new ConversationsResource(
		new RestClient(new HttpClient(endpointOf(url).rest, tokens), tokens),
	);
	return {
		conversations: (page) => all.list(page),
		conversation: (id) => all.get(id),
		create: (conversation) => all.create(conversation),
		direct: (userId) => all.direct(userId),
		update: (id, change) => all.update(id, change),
		updateSettings: (id, settings) => all.updateSettings(id, settings),
		delete: (id) => all.delete(id),
		setRole: (id, userId, role) => all.participants(id).setRole(userId, role),
		addParticipants: (id, userIds) => all.participants(id).add(userIds),
		removeParticipant: (id, userId) => all.participants(id).remove(userId),
		receipts: (id) => all.receipts(id),
		presence: (id) => all.presence(id),
	};
}
