import { Conversation } from "./conversation.ts";
import { endpointOf } from "./endpoint.ts";
import { closed } from "./errors.ts";
import { UUID } from "./frames.ts";
import { HttpClient } from "./http-client.ts";
import { defaultOutbox } from "./outbox/default.ts";
import type { OutboxStore } from "./outbox/store.ts";
import type { Protocol } from "./reconnecting-socket.ts";
import { Subscription, type SubscriptionOptions } from "./subscription.ts";
import { TokenSource } from "./token.ts";

/** Options of {@link createClient}. */
export interface ClientOptions {
	/**
	 * The server's base URL, such as `https://chat.example.com`. The scheme is `http(s):` or `ws(s):`. A path is
	 * allowed where a proxy serves the server under one. The chat's own path `/v1/ws/chat` may be included.
	 */
	readonly url: string;
	/**
	 * Gets the user's JWT. The client calls it for the first connection, then 5 minutes before the current token
	 * expires (or a fifth of its lifetime, if that is shorter), and once after the server rejected a token.
	 * An empty string or a thrown {@link ChatError} means that there is no token, for example because the user
	 * logged out: the state becomes `failed`. Any other error means that the token is not available now: the client
	 * asks again.
	 */
	readonly token: () => string | Promise<string>;
	/**
	 * The user's id, a UUID. With it, the outbox stores messages from the start, also on a page that loads while
	 * offline. Without it, the outbox stores them once a token has named the user.
	 */
	readonly userId?: string;
	/**
	 * A UUID that identifies this device. Create it once and store it: receipts then report to others which
	 * messages reached this device. {@link Conversation.history} contains the messages that the device missed
	 * between two clients. With protocol `"seed"` the client does not send it.
	 */
	readonly deviceId?: string;
	/**
	 * Protocol version; the default is `"v1"`. `"seed"` is for a server that implements only the original protocol
	 * document; the client never chooses it by itself. `"seed"` has no cursors and no deduplication: the client
	 * cannot recover missed messages, and a message whose answer was lost fails with `outcome_unknown`.
	 */
	readonly protocol?: Protocol;
	/**
	 * Storage for unacknowledged messages. The default is IndexedDB in a browser and memory elsewhere. On Node,
	 * `@secureconnect/client/file-outbox` provides a store that survives a restart of the process.
	 */
	readonly outbox?: OutboxStore;
}

/** One user's conversations on one server. */
export interface ChatClient {
	/**
	 * Opens a view of a conversation. The first view opens a connection; later views share it. The connection
	 * closes after the last view calls {@link Conversation.close}.
	 * @param id a UUID, in upper or lower case
	 * @throws {ChatError} `closed`: this client was closed
	 */
	conversation(id: string): Conversation;
	/**
	 * Checks every connection now: retries a waiting connection at once, and asks for a sign of life on an open
	 * one. A web page does this by itself; an app calls it when it returns to the foreground.
	 */
	check(): void;
	/** Closes every conversation. A durable outbox keeps the unacknowledged messages. */
	close(): void;
}

interface SharedSubscription {
	readonly subscription: Subscription;
	views: number;
	closing: ReturnType<typeof setTimeout> | undefined;
}

/**
 * Creates a client for one user of one server. For a different user, close it and create a new client.
 * @throws {TypeError} if `url` is not a URL or has a scheme other than `http(s):` or `ws(s):`, or if `deviceId` is
 * not a UUID
 * @example
 * ```ts
 * const client = createClient({ url: "http://localhost:8082", token });
 * const room = client.conversation("550e8400-e29b-41d4-a716-446655440000");
 * room.on("message", ({ senderId, content }) => console.log(senderId, content));
 * room.send("Hello");
 * ```
 */
export function createClient(options: ClientOptions): ChatClient {
	const endpoint = endpointOf(options.url);
	const tokens = new TokenSource(options.token, options.userId);
	const http = new HttpClient(endpoint.rest, tokens);
	const { protocol = "v1", deviceId } = options;
	if (deviceId !== undefined && !UUID.test(deviceId))
		throw new TypeError(`not a UUID: ${deviceId}`);
	const subscriptionOptions: SubscriptionOptions = {
		endpoint,
		tokens,
		protocol,
		deviceId: protocol === "v1" ? deviceId : undefined,
		outbox: options.outbox ?? defaultOutbox(),
	};
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
	return {
		conversation(id) {
			if (isClosed) throw closed();
			const key = id.toLowerCase();
			const shared = subscriptions.get(key) ?? {
				subscription: new Subscription(key, subscriptionOptions),
				views: 0,
				closing: undefined,
			};
			subscriptions.set(key, shared);
			clearTimeout(shared.closing);
			shared.views++;
			return new Conversation(shared.subscription, http, () => {
				if (--shared.views > 0 || subscriptions.get(key) !== shared) return;
				// Frameworks close a view and open the next one in the same turn. The delay keeps the connection
				// for them.
				shared.closing = setTimeout(() => end(key, shared));
			});
		},
		check() {
			for (const { subscription } of subscriptions.values())
				subscription.socket.noticed("woken");
		},
		close() {
			isClosed = true;
			for (const [id, shared] of subscriptions) end(id, shared);
		},
	};
}
