import { endpointOf } from "./endpoint.ts";
import { HttpClient } from "./http-client.ts";
import { defaultOutbox } from "./outbox/default.ts";
import type { OutboxStore } from "./outbox/store.ts";
import type { Protocol } from "./reconnecting-socket.ts";
import type { SubscriptionOptions } from "./subscription.ts";
import { TokenSource } from "./token.ts";
import { UUID } from "./uuid.ts";

/** Options of `createClient`. */
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
	 * messages reached this device. `Conversation.history` contains the messages that the device missed
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
	/**
	 * Whether the tabs of one origin and one user share one connection. It needs a secure page, and a user's id in the
	 * token or in `userId`. Otherwise each tab has a connection. The default is false.
	 */
	readonly shareTabs?: boolean;
}

/**
 * Checks the options of a client. Its sockets and requests share one source of tokens.
 * @throws {TypeError} as `createClient`
 */
export function subscriptionOptions({
	url,
	token,
	userId,
	deviceId,
	protocol = "v1",
	outbox = defaultOutbox(),
}: ClientOptions): SubscriptionOptions {
	const endpoint = endpointOf(url);
	const tokens = new TokenSource(token, userId);
	if (deviceId !== undefined && !UUID.test(deviceId))
		throw new TypeError(`not a UUID: ${deviceId}`);
	return {
		endpoint,
		tokens,
		http: new HttpClient(endpoint.rest, tokens),
		protocol,
		deviceId: protocol === "v1" ? deviceId : undefined,
		outbox,
	};
}
