import type { Turns } from "../../fair/turns.ts";
import type { AfterPause } from "./after-pause.ts";
import { type Change, joined } from "./changes.ts";

/** What changed in a conversation since the last pass over it. */
export interface Marks {
	/** Whether the rows of all participants changed. */
	readonly ofAll: boolean;
	/** Changes of single users' rows. */
	readonly ofUsers: ReadonlyMap<string, Change>;
}

interface Marked {
	ofAll: boolean;
	ofUsers: Map<string, Change> | undefined;
}

/**
 * Conversations that changed. A change costs one mark, however many participants there are. A pass over the
 * conversation follows, at once or a pause after the last one. Nothing is kept of a conversation that was quiet for a
 * pause.
 */
export class Passes {
	readonly #marked = new Map<string, Marked>();
	readonly #pass: (conversationId: string, marks: Marks) => Promise<void>;
	readonly #turns: Turns;
	readonly #pause: AfterPause;
	readonly #onError: (error: unknown) => void;

	/**
	 * @param pass if it rejects, the conversation stays marked, and another pass follows after the pause
	 * @param onError receives the error of a pass
	 */
	constructor(
		pass: (conversationId: string, marks: Marks) => Promise<void>,
		turns: Turns,
		pause: AfterPause,
		onError: (error: unknown) => void,
	) {
		this.#pass = pass;
		this.#turns = turns;
		this.#pause = pause;
		this.#onError = onError;
	}

	/** Marks the rows of all participants. */
	mark(conversationId: string): void {
		this.#find(conversationId).ofAll = true;
	}

	/** Marks the row of one user. */
	markUser(conversationId: string, userId: string, change: Change): void {
		const marked = this.#find(conversationId);
		marked.ofUsers ??= new Map();
		marked.ofUsers.set(userId, joined(marked.ofUsers.get(userId), change));
	}

	#find(conversationId: string): Marked {
		let marked = this.#marked.get(conversationId);
		if (!marked) {
			marked = { ofAll: false, ofUsers: undefined };
			this.#marked.set(conversationId, marked);
			this.#schedule(conversationId, marked);
		}
		return marked;
	}

	/** Later, so that the user's event of a change comes before the pass that its entry causes. */
	#schedule(conversationId: string, marked: Marked): void {
		this.#turns.later(
			conversationId,
			() => void this.#run(conversationId, marked),
		);
	}

	async #run(conversationId: string, marked: Marked): Promise<void> {
		const { ofAll, ofUsers } = marked;
		marked.ofAll = false;
		marked.ofUsers = undefined;
		try {
			await this.#pass(conversationId, { ofAll, ofUsers: ofUsers ?? NONE });
		} catch (error) {
			this.#onError(error);
			marked.ofAll ||= ofAll;
			for (const [userId, change] of ofUsers ?? NONE)
				this.markUser(conversationId, userId, change);
		}
		this.#pause.add(() => {
			if (marked.ofAll || marked.ofUsers)
				this.#schedule(conversationId, marked);
			else this.#marked.delete(conversationId);
		});
	}
}

const NONE: ReadonlyMap<string, Change> = new Map();
