/**
 * Transport for events between the nodes of a deployment. The log is authoritative, and the bus only announces what
 * changed. A hub that sees a gap reads the log, so a lost, duplicated or reordered message costs latency and never
 * correctness.
 */
import type { Entry } from "@secureconnect/protocol";

export type BusMessage =
	/** Consecutive committed entries of one conversation. */
	| { readonly kind: "entries"; readonly entries: readonly [Entry, ...Entry[]] }
	/** The conversation was deleted. */
	| { readonly kind: "deleted" }
	| {
			readonly kind: "typing";
			readonly userId: string;
			readonly timestamp: number;
			/** Connection that caused the event and must not receive it. */
			readonly origin: string;
	  }
	| {
			readonly kind: "read";
			readonly userId: string;
			readonly messageId: string;
			readonly seq: number;
			readonly timestamp: number;
			readonly origin: string;
	  };

export type BusHandler = (message: BusMessage) => void;

/** Event of one user's list of conversations. */
export type UserMessage =
	/** The user became a participant, or was one already. */
	| { readonly kind: "added"; readonly conversationId: string }
	/** The user is no longer a participant, or the conversation was deleted. */
	| {
			readonly kind: "removed";
			readonly conversationId: string;
			readonly reason: "removed" | "deleted";
	  }
	/** The user's own settings or read watermark may have changed. */
	| { readonly kind: "changed"; readonly conversationId: string };

export type UserHandler = (message: UserMessage) => void;
export type WatchHandler = (
	conversationId: string,
	message: BusMessage,
) => void;

export interface Bus {
	/**
	 * Delivers a message to every subscriber of the conversation. Subscribers on this node receive it first, before the
	 * call returns. Never throws: if a handler throws, the bus reports the error and calls the other handlers.
	 */
	publish(conversationId: string, message: BusMessage): void;
	/**
	 * Resolves when the subscription is active: every message published after that reaches `handler`. Messages of the
	 * same publisher arrive in order. The returned function ends the subscription.
	 */
	subscribe(conversationId: string, handler: BusHandler): Promise<() => void>;
	/** Subscribes to all conversations, like {@link subscribe}. */
	watch(handler: WatchHandler): Promise<() => void>;
	/** Delivers a message to every subscriber of the user, like {@link publish}. */
	publishUser(userId: string, message: UserMessage): void;
	/** Subscribes to the messages of a user, like {@link subscribe}. */
	subscribeUser(userId: string, handler: UserHandler): Promise<() => void>;
	close(): Promise<void>;
}
