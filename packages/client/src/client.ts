import { openSocket } from "#transport";
import { Conversation } from "./conversation.ts";
import { ConversationsResource } from "./conversations-resource.ts";
import { closed } from "./errors.ts";
import type { Fields, Metadata } from "./events.ts";
import { Inbox } from "./inbox/inbox.ts";
import { Seat } from "./inbox/seat.ts";
import { type ClientOptions, subscriptionOptions } from "./options.ts";
import { ownSocket } from "./own-socket.ts";
import { RestClient } from "./rest-client.ts";
import { Subscription } from "./subscription.ts";
import { UUID } from "./uuid.ts";

/**
 * One user's conversations on one server. `M` is the type of the metadata of messages, `C` that of the metadata of
 * conversations.
 */
export interface ChatClient<
	M extends object = Metadata,
	C extends object = Metadata,
> {
	/** The user's conversations over REST, with the tokens of the connections. No method opens a connection. */
	readonly conversations: ConversationsResource<M, C>;
	/** The user's list of conversations with its counts, live. */
	readonly inbox: Inbox<M>;
	/**
	 * Opens a view of a conversation. All conversations and the inbox share one connection, which the first of them
	 * opens. A conversation leaves it after its last view calls {@link Conversation.close}.
	 * @param id a UUID, in upper or lower case
	 * @throws {ChatError} `closed`: this client was closed
	 */
	conversation(id: string): Conversation<M, C>;
	/**
	 * Checks the connection now: retries a waiting connection at once, and asks for a sign of life on an open one. A
	 * web page does this by itself; an app calls it when it returns to the foreground.
	 */
	check(): void;
	/** Closes every conversation and the connection. A durable outbox keeps the unacknowledged messages. */
	close(): void;
}

interface SharedSubscription {
	readonly subscription: Subscription;
	views: number;
	closing: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Creates a client for one user of one server. For a different user, close it and create a new client.
 * @throws {TypeError} if `url` is not a URL or has a scheme other than `http(s):` or `ws(s):`, if `token` is not a
 * function, or if `deviceId` is not a UUID
 * @example
 * ```ts
 * const client = createClient({ url: "http://localhost:8082", token });
 * const { conversations } = await client.conversations.list();
 * const room = client.conversation("550e8400-e29b-41d4-a716-446655440000");
 * room.on("message", ({ senderId, content }) => console.log(senderId, content));
 * room.send("Hello");
 * ```
 */
export function createClient<
	M extends Fields<M> = Metadata,
	C extends Fields<C> = Metadata,
>(options: ClientOptions): ChatClient<M, C> {
	const shared = subscriptionOptions(options);
	const conversations = new ConversationsResource<M, C>(
		new RestClient(shared.http, shared.tokens),
	);
	const inbox = new Inbox<M>({
		...shared,
		transport: options.shareTabs
			? () =>
					import("./tabs/index.ts").then(
						({ tabTransport }) => tabTransport(shared),
						// A page that cannot load it now has a socket of its own.
						() => openSocket,
					)
			: undefined,
	});
	const { socket } = inbox;
	const subscriptions = new Map<string, SharedSubscription>();
	let isClosed = false;

	const end = (
		id: string,
		{ subscription, closing }: SharedSubscription,
	): void => {
		clearTimeout(closing);
		subscriptions.delete(id);
		subscription.close();
	};
	const connect = (id: string): Subscription =>
		new Subscription(id, shared, (handlers) =>
			// A server says of a socket that its id is malformed. Of a frame with such an id it cannot.
			socket && UUID.test(id) && /[1-9a-f]/.test(id)
				? new Seat(id, socket, handlers)
				: ownSocket(id, shared, handlers),
		);
	return {
		conversations,
		inbox,
		conversation(id) {
			if (isClosed) throw closed();
			const key = id.toLowerCase();
			const entry = subscriptions.get(key) ?? {
				subscription: connect(key),
				views: 0,
				closing: undefined,
			};
			subscriptions.set(key, entry);
			clearTimeout(entry.closing);
			entry.views++;
			return new Conversation<M, C>(entry.subscription, conversations, () => {
				if (--entry.views > 0 || subscriptions.get(key) !== entry) return;
				// Frameworks close a view and open the next one in the same turn. The delay keeps the connection
				// for them.
				entry.closing = setTimeout(() => end(key, entry));
			});
		},
		check() {
			socket?.noticed("woken");
			for (const { subscription } of subscriptions.values())
				subscription.channel.noticed("woken");
		},
		close() {
			isClosed = true;
			for (const [id, entry] of subscriptions) end(id, entry);
			socket?.close();
		},
	};
}
