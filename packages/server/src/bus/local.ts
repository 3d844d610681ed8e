import type {
	Bus,
	BusHandler,
	BusMessage,
	UserHandler,
	UserMessage,
	WatchHandler,
} from "./contract.ts";

/** Bus of a deployment with one process. */
export class LocalBus implements Bus {
	readonly #conversations: Topics<BusMessage>;
	readonly #users: Topics<UserMessage>;
	readonly #watching = new Set<{ readonly handler: WatchHandler }>();
	readonly #onError: (error: unknown) => void;

	/** @param onError receives the errors that handlers throw */
	constructor(onError: (error: unknown) => void) {
		this.#onError = onError;
		this.#conversations = new Topics(onError);
		this.#users = new Topics(onError);
	}

	publish(conversationId: string, message: BusMessage): void {
		this.#conversations.publish(conversationId, message);
		for (const { handler } of this.#watching)
			try {
				handler(conversationId, message);
			} catch (error) {
				this.#onError(error);
			}
	}

	subscribe(conversationId: string, handler: BusHandler): Promise<() => void> {
		return Promise.resolve(
			this.#conversations.subscribe(conversationId, handler),
		);
	}

	watch(handler: WatchHandler): Promise<() => void> {
		const own = { handler };
		this.#watching.add(own);
		return Promise.resolve(() => this.#watching.delete(own));
	}

	publishUser(userId: string, message: UserMessage): void {
		this.#users.publish(userId, message);
	}

	subscribeUser(userId: string, handler: UserHandler): Promise<() => void> {
		return Promise.resolve(this.#users.subscribe(userId, handler));
	}

	close(): Promise<void> {
		this.#conversations.clear();
		this.#users.clear();
		this.#watching.clear();
		return Promise.resolve();
	}
}

/** Handlers by topic. */
class Topics<M> {
	readonly #handlers = new Map<string, Set<(message: M) => void>>();
	readonly #onError: (error: unknown) => void;

	constructor(onError: (error: unknown) => void) {
		this.#onError = onError;
	}

	publish(topic: string, message: M): void {
		for (const handler of this.#handlers.get(topic) ?? [])
			try {
				handler(message);
			} catch (error) {
				this.#onError(error);
			}
	}

	subscribe(topic: string, handler: (message: M) => void): () => void {
		let handlers = this.#handlers.get(topic);
		if (handlers === undefined) {
			handlers = new Set();
			this.#handlers.set(topic, handlers);
		}
		const own = handlers;
		own.add(handler);
		return () => {
			own.delete(handler);
			if (own.size === 0 && this.#handlers.get(topic) === own)
				this.#handlers.delete(topic);
		};
	}

	clear(): void {
		this.#handlers.clear();
	}
}
