/**
 * What carries news between the nodes of one deployment. It is a hint: the log is the truth, and a hub that sees a gap
 * reads the log, so a message lost, doubled or reordered here costs latency, never correctness.
 */
import type { Entry } from "@secureconnect/protocol";

export type BusMessage =
	/** Consecutive entries of one conversation, committed. */
	| { readonly kind: "entries"; readonly entries: readonly [Entry, ...Entry[]] }
	| {
			readonly kind: "typing";
			readonly userId: string;
			readonly timestamp: number;
			/** The connection that must not get its own news back. */
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

export interface Bus {
	/**
	 * Hands a message to every subscriber of the conversation, those of this node first and before it returns. Never
	 * throws: what a handler throws is reported, and the other handlers still get the message.
	 */
	publish(conversationId: string, message: BusMessage): void;
	/**
	 * Resolves once every message published from then on reaches `handler`. Messages of one publisher arrive in order.
	 * The function returned ends the subscription.
	 */
	subscribe(conversationId: string, handler: BusHandler): Promise<() => void>;
	close(): Promise<void>;
}
