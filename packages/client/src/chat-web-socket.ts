import type { WireServerFrameOf } from "@secureconnect/protocol";
import { type ClientOptions, createClient } from "./client.ts";
import type { Conversation } from "./conversation.ts";
import type { SentMessage } from "./sent-message.ts";

export interface ChatWebSocketOptions
	extends Partial<Omit<ClientOptions, "token">> {}

/** Where the protocol document's class connects to. */
const DEFAULT_URL = "ws://localhost:8082";

/**
 * The protocol document's class, in its shape: override the callbacks, which get frames as they are on the wire. Behind it is
 * {@link conversation}, with all that the class's users believed it did.
 */
export class ChatWebSocket {
	readonly conversation: Conversation;
	readonly #close: () => void;

	/**
	 * @param token the user's JWT, or what gets one: only the latter can be renewed
	 * @throws {TypeError} for a URL that is not a server's
	 */
	constructor(
		conversationId: string,
		token: string | (() => string | Promise<string>),
		{ url = DEFAULT_URL, ...options }: ChatWebSocketOptions = {},
	) {
		const client = createClient({
			...options,
			url,
			token: typeof token === "string" ? () => token : token,
		});
		this.conversation = client.conversation(conversationId);
		this.#close = () => client.close();
		this.conversation.on("frame", (frame) => {
			switch (frame.type) {
				case "chat":
					this.onChat(frame);
					break;
				case "typing":
					this.onTyping(frame);
					break;
				case "read":
					this.onRead(frame);
					break;
				case "user_joined":
					this.onUserJoined(frame);
					break;
				case "user_left":
					this.onUserLeft(frame);
			}
		});
	}

	/** @throws {ChatError} `outbox_full`, `too_large`, `closed` */
	sendChat(content: string, isEncrypted = false): SentMessage {
		return this.conversation.sendChat(content, { isEncrypted });
	}

	sendTyping(): void {
		this.conversation.sendTyping();
	}

	markAsRead(messageId: string): void {
		this.conversation.markAsRead(messageId);
	}

	close(): void {
		this.conversation.close();
		this.#close();
	}

	onChat(_message: WireServerFrameOf["chat"]): void {}
	onTyping(_message: WireServerFrameOf["typing"]): void {}
	onRead(_message: WireServerFrameOf["read"]): void {}
	onUserJoined(_message: WireServerFrameOf["user_joined"]): void {}
	onUserLeft(_message: WireServerFrameOf["user_left"]): void {}
}
