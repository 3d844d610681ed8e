import {
	type ChatClient,
	type Metadata,
	pinsOf,
	type TimelinePart,
} from "@secureconnect/client";
import type { MessageRow } from "@secureconnect/client/timeline";
import { PagedStore, type PagesState } from "./pages.ts";

/** State that `usePins` returns. */
export interface PinsState<M extends object = Metadata> extends PagesState {
	/** Pinned messages, in the order of the messages. */
	readonly items: readonly MessageRow<M>[];
}

export const NO_PINS: PinsState = {
	items: [],
	isLoading: true,
	error: undefined,
};

/** Pinned messages of a conversation while they are shown. */
export class PinStore extends PagedStore<PinsState> {
	readonly #part: TimelinePart;

	constructor(client: ChatClient, id: string) {
		super(client, id, NO_PINS);
		this.#part = pinsOf(this.room.timeline);
	}

	protected override async begin(): Promise<void> {
		while (this.#part.hasOlder) await this.#part.loadOlder();
	}

	protected override read(pages: PagesState): PinsState {
		// A message was pinned that is not loaded.
		if (this.#part.hasOlder && !pages.isLoading && !pages.error)
			void this.load(() => this.begin());
		return { items: this.#part.rows(), ...pages };
	}
}
