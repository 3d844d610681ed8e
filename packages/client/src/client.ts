import type { Protocol } from "./connection.ts";
import { Conversation } from "./conversation.ts";
import { endpointOf } from "./endpoint.ts";
import { ChatError } from "./errors.ts";
import { defaultOutbox } from "./outbox/default.ts";
import type { OutboxStore } from "./outbox/store.ts";
import { Rest } from "./rest.ts";
import { Session, type SessionOptions } from "./session.ts";
import { TokenSource } from "./token.ts";

export interface ClientOptions {
	/** The server's, such as `https://chat.example.com`. */
	readonly url: string;
	/**
	 * The user's JWT; called for the first connection, before the token ends, and where the server refused the last one.
	 * An empty one, or a {@link ChatError}, says that there is none: the user has logged out. Any other error: try later.
	 */
	readonly token: () => string | Promise<string>;
	/** Whose client this is, where it is known before a token is: messages written without a network are kept for them. */
	readonly userId?: string;
	/** `v1` unless given. `seed`: for a server that knows only the protocol document; never chosen by itself. */
	readonly protocol?: Protocol;
	/** Where unacknowledged messages are kept: IndexedDB in a browser, memory elsewhere, unless given. */
	readonly outbox?: OutboxStore;
}

/** One user's conversations on one server. */
export interface ChatClient {
	/**
	 * A view of a conversation; the first one opens its connection.
	 * @param id a UUID
	 * @throws {ChatError} `closed`
	 */
	conversation(id: string): Conversation;
	/** Closes every conversation. */
	close(): void;
}

interface Shared {
	readonly session: Session;
	views: number;
	closing: ReturnType<typeof setTimeout> | undefined;
}

/**
 * A client for one user of one server.
 * @throws {TypeError} for a URL that is not a server's
 */
export function createClient(options: ClientOptions): ChatClient {
	const endpoint = endpointOf(options.url);
	const tokens = new TokenSource(options.token, options.userId);
	const rest = new Rest(endpoint.rest, tokens);
	const sessionOptions: SessionOptions = {
		endpoint,
		tokens,
		protocol: options.protocol ?? "v1",
		outbox: options.outbox ?? defaultOutbox(),
	};
	const sessions = new Map<string, Shared>();
	let isClosed = false;

	const end = (id: string, { session, closing }: Shared): void => {
		clearTimeout(closing);
		sessions.delete(id);
		session.close();
	};
	return {
		conversation(id) {
			if (isClosed) throw new ChatError("closed", "this client was closed");
			const key = id.toLowerCase();
			const shared = sessions.get(key) ?? {
				session: new Session(key, sessionOptions),
				views: 0,
				closing: undefined,
			};
			sessions.set(key, shared);
			clearTimeout(shared.closing);
			shared.views++;
			return new Conversation(shared.session, rest, () => {
				if (--shared.views > 0 || sessions.get(key) !== shared) return;
				// Who closes one view to open the next at once, as frameworks do, keeps the connection.
				shared.closing = setTimeout(() => end(key, shared));
			});
		},
		close() {
			isClosed = true;
			for (const [id, shared] of sessions) end(id, shared);
		},
	};
}
