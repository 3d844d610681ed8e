import type { Outcomes, Writes } from "../log/contract.ts";
import { Refusal } from "./refusal.ts";

/** Milliseconds after which a removal that failed begins again. */
const RETRY_MS = 1000;

/**
 * Removes the content that deletions have left, step by step, so that other users' writes go between the steps. What
 * could not be removed is removed later.
 */
export class Leftovers {
	readonly #purge: (fields: Writes["purge"]) => Promise<Outcomes["purge"]>;
	readonly #onError: (error: unknown) => void;
	#retry: NodeJS.Timeout | undefined;
	#isClosed = false;

	/**
	 * @param purge takes one step; throws {@link Refusal} if the log cannot take it now
	 * @param onError receives every other error
	 */
	constructor(
		purge: (fields: Writes["purge"]) => Promise<Outcomes["purge"]>,
		onError: (error: unknown) => void,
	) {
		this.#purge = purge;
		this.#onError = onError;
	}

	/**
	 * Removes what is left of a conversation, or of any conversation. Never rejects.
	 * @param userId user whose deletion it is; the steps take this user's share of the log's time
	 * @returns whether nothing is left
	 */
	async remove(userId: string, conversationId?: string): Promise<boolean> {
		const step = {
			userId,
			...(conversationId === undefined ? {} : { conversationId }),
		};
		try {
			while ((await this.#purge(step)).more);
			return true;
		} catch (error) {
			this.#removeLater();
			if (!(error instanceof Refusal)) this.#onError(error);
			return false;
		}
	}

	close(): void {
		this.#isClosed = true;
		clearTimeout(this.#retry);
	}

	#removeLater(): void {
		if (this.#isClosed) return;
		this.#retry ??= setTimeout(() => {
			this.#retry = undefined;
			void this.remove("");
		}, RETRY_MS).unref();
	}
}
