import type { Bus, BusHandler, BusMessage } from "./contract.ts";

/** Bus of a deployment with one process. */
export class LocalBus implements Bus {
	readonly #handlers = new Map<string, Set<BusHandler>>();
	readonly #onError: (error: unknown) => void;

	/** @param onError receives the errors that handlers throw */
	constructor(onError: (error: unknown) => void) {
		this.#onError = onError;
	}

	publish(conversationId: string, message: BusMessage): void {
		for (const handler of this.#handlers.get(conversationId) ?? [])
			try {
				handler(message);
			} catch (error) {
				this.#onError(error);
			}
	}

	subscribe(conversationId: string, handler: BusHandler): Promise<() => void> {
		let handlers = this.#handlers.get(conversationId);
		if (handlers === undefined) {
			handlers = new Set();
			this.#handlers.set(conversationId, handlers);
		}
		const own = handlers;
		own.add(handler);
		return Promise.resolve(() => {
			own.delete(handler);
			if (own.size === 0 && this.#handlers.get(conversationId) === own)
				this.#handlers.delete(conversationId);
		});
	}

	close(): Promise<void> {
		this.#handlers.clear();
		return Promise.resolve();
	}
}
