import type {
	ConversationDetails,
	ConversationsResource,
} from "@secureconnect/client";
import {
	createContext,
	type RefObject,
	useContext,
	useEffect,
	useSyncExternalStore,
} from "react";
import type { Directory } from "./directory.ts";

/** Minimum time between two requests for the same list of participants, unless an event requires a new one. */
const FRESH_MS = 15_000;
/** Maximum number of concurrent {@link Details.wantLater} requests. */
const AT_ONCE = 4;

/**
 * Cache of conversation details: the participants, which the list of conversations does not contain. The cache fetches
 * them on demand and again after an event that changes them.
 */
export class Details {
	readonly #conversations: ConversationsResource;
	readonly #directory: Directory;
	readonly #known = new Map<string, ConversationDetails>();
	readonly #askedAt = new Map<string, number>();
	readonly #listeners = new Set<() => void>();
	/** Callers that wait for the details of a conversation, by its id, in order of their requests. */
	readonly #waiting = new Map<string, Set<symbol>>();
	#underWay = 0;
	#version = 0;

	constructor(conversations: ConversationsResource, directory: Directory) {
		this.#conversations = conversations;
		this.#directory = directory;
	}

	readonly subscribe = (listener: () => void): (() => void) => {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	};

	/** Counts the changes of the cache. */
	readonly version = (): number => this.#version;

	get(id: string): ConversationDetails | undefined {
		return this.#known.get(id);
	}

	/** Stores the details from a response. */
	put(details: ConversationDetails): void {
		this.#directory.learn(details.participants);
		this.#known.set(details.conversationId, details);
		this.#version++;
		for (const listener of this.#listeners) listener();
	}

	/** Requests the details unless they were requested within `freshMs`. Ignores a failure; the list shows the reason. */
	want(id: string, freshMs = FRESH_MS): void {
		if (!this.#isFresh(id, freshMs)) void this.#ask(id);
	}

	/**
	 * Requests the details in turn, at most {@link AT_ONCE} at a time, for components that can do without them.
	 * Returns a function that withdraws the request.
	 */
	wantLater(id: string): () => void {
		if (this.#known.has(id) || this.#isFresh(id, FRESH_MS)) return () => {};
		const wish = Symbol();
		const wishes = this.#waiting.get(id) ?? new Set();
		this.#waiting.set(id, wishes.add(wish));
		this.#askNext();
		return () => {
			wishes.delete(wish);
			if (wishes.size === 0 && this.#waiting.get(id) === wishes)
				this.#waiting.delete(id);
		};
	}

	#isFresh(id: string, freshMs: number): boolean {
		const askedAt = this.#askedAt.get(id);
		return askedAt !== undefined && performance.now() - askedAt < freshMs;
	}

	#askNext(): void {
		for (const id of this.#waiting.keys()) {
			if (this.#underWay >= AT_ONCE) return;
			this.#waiting.delete(id);
			if (this.#isFresh(id, FRESH_MS)) continue;
			this.#underWay++;
			void this.#ask(id).finally(() => {
				this.#underWay--;
				this.#askNext();
			});
		}
	}

	#ask(id: string): Promise<void> {
		this.#askedAt.set(id, performance.now());
		return this.#conversations.get(id).then(
			(details) => this.put(details),
			() => void this.#askedAt.delete(id),
		);
	}
}

export const DetailsContext = createContext<Details | undefined>(undefined);

export function useDetailsStore(): Details {
	const store = useContext(DetailsContext);
	if (!store) throw new Error("DetailsContext is missing");
	return store;
}

/**
 * Returns the details of a conversation, or undefined until they are known.
 * @param isWanted whether to request them
 */
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

/** Returns the details of a conversation. Requests them while an element is on the screen. */
export function useDetailsWhenSeen(
	id: string,
	element: RefObject<Element | null>,
	isWanted: boolean,
): ConversationDetails | undefined {
	const store = useDetailsStore();
	useEffect(() => {
		if (!isWanted || !element.current) return;
		let withdraw = (): void => {};
		const observer = new IntersectionObserver((entries) => {
			withdraw();
			if (entries.at(-1)?.isIntersecting) withdraw = store.wantLater(id);
		});
		observer.observe(element.current);
		return () => {
			observer.disconnect();
			withdraw();
		};
	}, [store, id, element, isWanted]);
	return useSyncExternalStore(store.subscribe, () => store.get(id));
}
