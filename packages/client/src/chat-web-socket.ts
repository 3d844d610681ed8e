import type { WireServerFrameOf } from "@secureconnect/protocol";
import { fromWire } from "@secureconnect/protocol/wire";
import { LiveConversation } from "./live-conversation.ts";
import { type ClientOptions, subscriptionOptions } from "./options.ts";
import { ownSocket } from "./own-socket.ts";
import type { SentMessage } from "./sent-message.ts";
import { Subscription } from "./subscription.ts";

/**
 * The {@link ClientOptions} without `shareTabs`, each optional. The default `url` is `ws://localhost:8082`, as in the
 * original protocol document.
 */
export interface ChatWebSocketOptions
	extends Partial<Omit<ClientOptions, "token" | "shareTabs">> {}

/** Default URL of the class in the original protocol document. */
const DEFAULT_URL = "ws://localhost:8082";

/**
 * The class of the original protocol document, with the same shape: set or override the callbacks, which receive
 * frames as on the wire. {@link conversation} gives access to history, state, presence and unacknowledged messages.
 */
export class ChatWebSocket {
	readonly conversation: LiveConversation;

	/**
	 * Connects at once.
	 * @param conversationId a UUID
	 * @param token the user's JWT, or a function that gets one. Only a function allows renewal; see {@link
	 * ClientOptions.token}
	 * @throws {TypeError} if `url` is not a server's URL
	 */
	constructor(
		conversationId: string,
		token: string | (() => string | Promise<string>),
		{ url = DEFAULT_URL, ...options }: ChatWebSocketOptions = {},
	) {
		// Without `createClient`, a page that only uses this class does not load the requests over REST.
		const shared = subscriptionOptions({
			...options,
			url,
			token: typeof token === "string" ? () => token : token,
		});
		const id = conversationId.toLowerCase();
		const subscription = new Subscription(id, shared, (handlers) =>
			ownSocket(id, shared, handlers),
		);
		this.conversation = new LiveConversation(subscription, () =>
			subscription.close(),
		);
		this.conversation.on("frame", (frame) => {
			// Each callback has the name of its type: `on_user_joined` in camelCase. Not every type has a callback.
			const [name] = Object.keys(fromWire({ [`on_${frame.type}`]: 0 }));
			this[name as "onChat"]?.(frame as never);
		});
	}

	/**
	 * Sends a message: see {@link LiveConversation.send}.
	 * @throws {ChatError} `outbox_full`, `too_large`, `closed`: the message was not accepted
	 */
	sendChat(content: string, isEncrypted = false): SentMessage {
		return this.conversation.send(content, { isEncrypted });
	}

	/**
	 * Reports that the user is typing. Call it at every keystroke; the client sends at most one frame every 3 s.
	 * @throws {ChatError} `closed`
	 */
	sendTyping(): void {
		this.conversation.sendTyping();
	}

	/** Advances the read watermark. The client waits 1 s and sends only the newest. @throws {ChatError} `closed` */
	markAsRead(messageId: string): void {
		this.conversation.markAsRead(messageId);
	}

	/** Closes this object permanently. Create a new one to reconnect. */
	close(): void {
		this.conversation.close();
	}

	/** Receives each message once and in order, including this user's messages. */
	onChat(_message: WireServerFrameOf["chat"]): void {}
	/**
	 * Receives typing of other users, and of this user on other devices. Never called for typing through this
	 * object.
	 */
	onTyping(_message: WireServerFrameOf["typing"]): void {}
	/** A user has read up to `message_id`. */
	onRead(_message: WireServerFrameOf["read"]): void {}
	/** A user came online. The first call is for this user. */
	onUserJoined(_message: WireServerFrameOf["user_joined"]): void {}
	/** A user went offline. */
	onUserLeft(_message: WireServerFrameOf["user_left"]): void {}
}
