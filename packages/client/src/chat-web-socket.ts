import type {
	WireServerFrame,
	WireServerFrameOf,
} from "@secureconnect/protocol";
import { type ChatClient, type ClientOptions, createClient } from "./client.ts";
import type { Conversation } from "./conversation.ts";
import type { SentMessage } from "./sent-message.ts";

/** {@link ClientOptions}, all of them optional: `url` is `ws://localhost:8082` unless given, as in the protocol document. */
export interface ChatWebSocketOptions
	extends Partial<Omit<ClientOptions, "token">> {}

/** Where the protocol document's class connects to. */
const DEFAULT_URL = "ws://localhost:8082";

const CALLBACKS: {
	readonly [type in WireServerFrame["type"]]?:
		| "onChat"
		| "onTyping"
		| "onRead"
		| "onUserJoined"
		| "onUserLeft";
} = {
	chat: "onChat",
	typing: "onTyping",
	read: "onRead",
	user_joined: "onUserJoined",
	user_left: "onUserLeft",
};

/**
 * The protocol document's class, in its shape: set or override the callbacks, which get frames as they are on the wire. What else there
 * is (history, state, presence, what is unacknowledged) is in {@link conversation}.
 */
export class ChatWebSocket {
	readonly conversation: Conversation;
	readonly #client: ChatClient;

	/**
	 * Connects at once.
	 * @param conversationId a UUID
	 * @param token the user's JWT, or what gets one: only the latter can be renewed, see {@link ClientOptions.token}
	 * @throws {TypeError} for a URL that is not a server's
	 */
	constructor(
		conversationId: string,
		token: string | (() => string | Promise<string>),
		{ url = DEFAULT_URL, ...options }: ChatWebSocketOptions = {},
	) {
		this.#client = createClient({
			...options,
			url,
			token: typeof token === "string" ? () => token : token,
		});
		this.conversation = this.#client.conversation(conversationId);
		this.conversation.on("frame", (frame) => {
			const callback = CALLBACKS[frame.type];
			// The table pairs each type with the callback for it.
			if (callback) this[callback](frame as never);
		});
	}

	/**
	 * Sends a message: see {@link Conversation.sendChat}.
	 * @throws {ChatError} `outbox_full`, `too_large`, `closed`: nothing was taken
	 */
	sendChat(content: string, isEncrypted = false): SentMessage {
		return this.conversation.sendChat(content, { isEncrypted });
	}

	/** To be called at every keystroke; sent at most every 3 s. @throws {ChatError} `closed` */
	sendTyping(): void {
		this.conversation.sendTyping();
	}

	/** Sent a second later, the newest only. @throws {ChatError} `closed` */
	markAsRead(messageId: string): void {
		this.conversation.markAsRead(messageId);
	}

	/** Ends it for good; a new one is needed afterwards. */
	close(): void {
		this.conversation.close();
		this.#client.close();
	}

	/** A message, one's own too: each once, in order. */
	onChat(_message: WireServerFrameOf["chat"]): void {}
	/** Somebody types. Never called for one's own typing here, but for that on another device. */
	onTyping(_message: WireServerFrameOf["typing"]): void {}
	/** Somebody has read up to `message_id`. */
	onRead(_message: WireServerFrameOf["read"]): void {}
	/** A user is on line; the first is oneself. */
	onUserJoined(_message: WireServerFrameOf["user_joined"]): void {}
	/** A user is off line. */
	onUserLeft(_message: WireServerFrameOf["user_left"]): void {}
}
