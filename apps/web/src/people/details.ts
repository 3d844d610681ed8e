import type { ChatRest, ConversationDetails } from "@secureconnect/client/rest";
import {
	createContext,
	useContext,
	useEffect,
	useSyncExternalStore,
} from "react";
import type { Directory } from "./directory.ts";

/** Oftener than this nobody's list of participants is asked for again without a reason. */
const FRESH_MS = 15_000;

/** What is known of conversations beyond the list: who takes part. Fetched when it is wanted, and again when there is a reason. */
export class Details {
	readonly #rest: ChatRest;
	readonly #directory: Directory;
	readonly #known = new Map<string, ConversationDetails>();
	readonly #askedAt = new Map<string, number>();
	readonly #listeners = new Set<() => void>();

	constructor(rest: ChatRest, directory: Directory) {
		this.#rest = rest;
		this.#directory = directory;
	}

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};

	get(id: string): ConversationDetails | undefined {
		return this.#known.get(id);
	}

	/** Takes what an answer said. */
	put(details: ConversationDetails): void {
		this.#directory.learn(details.participants);
		this.#known.set(details.conversationId, details);
		for (const listener of this.#listeners) listener();
	}

	/** Asks, unless it did so a moment ago. One that cannot be had is not there: the list says why. */
	want(id: string, freshMs = FRESH_MS): void {
		const now = performance.now();
		if (now - (this.#askedAt.get(id) ?? Number.NEGATIVE_INFINITY) < freshMs)
			return;
		this.#askedAt.set(id, now);
		this.#rest.conversation(id).then(
			(details) => this.put(details),
			() => this.#askedAt.delete(id),
		);
	}
}

export const DetailsContext = createContext<Details | undefined>(undefined);

export function useDetailsStore(): Details {
	const store = useContext(DetailsContext);
	if (!store) throw new Error("no details without a DetailsContext");
	return store;
}

/** The participants of a conversation, as soon as they are known. @param isWanted false where there is no need of them */
export function useDetails(
	id: string,
	isWanted = true,
): ConversationDetails | undefined {
	const store = useDetailsStore();
	useEffect(() => {
		if (isWanted) store.want(id);
	}, [store, id, isWanted]);
	return useSyncExternalStore(store.subscribe, () => store.get(id));
}
