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

/** Oftener than this nobody's list of participants is asked for again without a reason. */
const FRESH_MS = 15_000;
/** Requests under way at one moment, of those that can wait. */
const AT_ONCE = 4;

/**
 * What is known of conversations beyond the list: who takes part. Fetched when it is wanted, and again when there is a
 * reason.
 */
export class Details {
	readonly #conversations: ConversationsResource;
	readonly #directory: Directory;
	readonly #known = new Map<string, ConversationDetails>();
	readonly #askedAt = new Map<string, number>();
	readonly #listeners = new Set<() => void>();
	/** Who waits for which conversation, in the order in which they are asked for. */
	readonly #waiting = new Map<string, Set<symbol>>();
	#underWay = 0;

	constructor(conversations: ConversationsResource, directory: Directory) {
		this.#conversations = conversations;
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
		if (!this.#isFresh(id, freshMs)) void this.#ask(id);
	}

	/**
	 * Asks when it is the conversation's turn, a few at a time: for what is a help, and not waited for.
	 * Returns a function that withdraws the wish.
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
	if (!store) throw new Error("no details without a DetailsContext");
	return store;
}

/**
 * The participants of a conversation, as soon as they are known. @param isWanted false where there is no need of them
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

/** The participants of a conversation, asked for while an element is on the screen. */
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
