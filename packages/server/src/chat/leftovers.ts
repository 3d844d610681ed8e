import type { Scheduler, Timer } from "../fair/scheduler.ts";
import type { Outcomes, Writes } from "../log/contract.ts";
import { Refusal } from "./refusal.ts";

/** Milliseconds after which a removal that failed begins again. */
const RETRY_MS = 1000;

/**
 * Removes the content that deletions have left, step by step, so that other users' writes go between the steps. What
 * could not be removed is removed later.
 */
export class Leftovers {
	readonly #scheduler: Scheduler;
	readonly #purge: (fields: Writes["purge"]) => Promise<Outcomes["purge"]>;
	readonly #onError: (error: unknown) => void;
	#retry: Timer | undefined;
	#isClosed = false;

	/**
	 * @param purge takes one step; throws {@link Refusal} if the log cannot take it now
	 * @param onError receives every other error
	 */
	constructor(
		scheduler: Scheduler,
		purge: (fields: Writes["purge"]) => Promise<Outcomes["purge"]>,
		onError: (error: unknown) => void,
	) {
		this.#scheduler = scheduler;
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
		this.#scheduler.cancel(this.#retry);
	}

	#removeLater(): void {
		if (this.#isClosed) return;
		this.#retry ??= this.#scheduler.after(RETRY_MS, () => {
			this.#retry = undefined;
			void this.remove("");
		});
	}
}
