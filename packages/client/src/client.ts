import type { Protocol } from "./connection.ts";
import { Conversation } from "./conversation.ts";
import { endpointOf } from "./endpoint.ts";
import { closed } from "./errors.ts";
import { UUID } from "./frames.ts";
import { defaultOutbox } from "./outbox/default.ts";
import type { OutboxStore } from "./outbox/store.ts";
import { Rest } from "./rest.ts";
import { Session, type SessionOptions } from "./session.ts";
import { TokenSource } from "./token.ts";

export interface ClientOptions {
	/**
	 * The server's, such as `https://chat.example.com`: `http(s):` or `ws(s):`, with a path where a proxy has it under one, and with or
	 * without the chat's own `/v1/ws/chat`.
	 */
	readonly url: string;
	/**
	 * Gets the user's JWT. Called for the first connection; 5 minutes, or a fifth of its life where that is less, before the last one
	 * ends; and once where the server refused one. An empty string, or a thrown {@link ChatError}, says that there is none: the user
	 * has logged out, and the state becomes `failed`. Any other error: it could not be had now, and is asked for again.
	 */
	readonly token: () => string | Promise<string>;
	/**
	 * The user's id, a UUID. Where it is given, messages are kept from the first moment, also on a page that is opened off line; otherwise
	 * from when a token has said it.
	 */
	readonly userId?: string;
	/**
	 * A UUID by which this device is known again, made up once and kept: the receipts then tell others what was delivered to it. What
	 * it missed between two clients is in {@link Conversation.history}. With `"seed"` it is told to nobody.
	 */
	readonly deviceId?: string;
	/**
	 * `"v1"` unless given. `"seed"`: for a server that knows only the original document; never chosen by itself. Without cursors and
	 * deduplication nothing missed is made up for, and a message whose answer was lost fails with `outcome_unknown`.
	 */
	readonly protocol?: Protocol;
	/**
	 * Where unacknowledged messages are kept: IndexedDB in a browser, memory elsewhere, unless given. On Node
	 * `@secureconnect/client/file-outbox` has one that outlives the program.
	 */
	readonly outbox?: OutboxStore;
}

/** One user's conversations on one server. */
export interface ChatClient {
	/**
	 * A view of a conversation. The first one opens a connection; others share it until the last has called its
	 * {@link Conversation.close}.
	 * @param id a UUID, in any case
	 * @throws {ChatError} `closed`: this client was closed
	 */
	conversation(id: string): Conversation;
	/**
	 * Looks after every connection now: one that waits is tried again at once, one that seems open is asked whether it lives. A page
	 * does so by itself; an app calls it when it returns to the foreground.
	 */
	check(): void;
	/** Closes every conversation. What is unacknowledged stays in a kept outbox. */
	close(): void;
}

interface Shared {
	readonly session: Session;
	views: number;
	closing: ReturnType<typeof setTimeout> | undefined;
}

/**
 * A client for one user of one server. For another user close it and make another.
 * @throws {TypeError} for a `url` that is none, or begins with something else than `http(s):` or `ws(s):`, and for a `deviceId` that is no UUID
 */
export function createClient(options: ClientOptions): ChatClient {
	const endpoint = endpointOf(options.url);
	const tokens = new TokenSource(options.token, options.userId);
	const rest = new Rest(endpoint.rest, tokens);
	const { protocol = "v1", deviceId } = options;
	if (deviceId !== undefined && !UUID.test(deviceId))
		throw new TypeError(`not a UUID: ${deviceId}`);
	const sessionOptions: SessionOptions = {
		endpoint,
		tokens,
		protocol,
		deviceId: protocol === "v1" ? deviceId : undefined,
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
			if (isClosed) throw closed();
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
		check() {
			for (const { session } of sessions.values())
				session.connection.noticed("woken");
		},
		close() {
			isClosed = true;
			for (const [id, shared] of sessions) end(id, shared);
		},
	};
}
