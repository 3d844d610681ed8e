import {
	type ChatClient,
	type Metadata,
	type SendOptions,
	type SentMessage,
	type TimelinePart,
	threadOf,
} from "@secureconnect/client";
import type { MessageRow } from "@secureconnect/client/timeline";
import { PagedStore, type PagesState } from "./pages.ts";

/** State that `useThread` returns. */
export interface ThreadState<M extends object = Metadata> extends PagesState {
	/** The message that begins the thread; undefined until it is loaded. */
	readonly root: MessageRow<M> | undefined;
	/** Messages of the thread in order, then the user's own that are not stored yet. */
	readonly items: readonly MessageRow<M>[];
	/** Whether the thread may have messages before the first item. */
	readonly hasOlder: boolean;
}

export const NO_THREAD: ThreadState = {
	root: undefined,
	items: [],
	hasOlder: true,
	isLoading: true,
	error: undefined,
};

/** A thread of a conversation while it is shown. */
export class ThreadStore extends PagedStore<ThreadState> {
	readonly #rootId: string;
	readonly #part: TimelinePart;

	constructor(client: ChatClient, id: string, rootId: string) {
		super(client, id, NO_THREAD);
		this.#rootId = rootId;
		this.#part = threadOf(this.room.timeline, rootId);
	}

	/** Sends a message into the thread. @throws {ChatError} as `Conversation.send` */
	send(content: string, options?: SendOptions): SentMessage {
		const threadId = this.#rootId;
		return this.room.conversation.send(content, { ...options, threadId });
	}

	async loadOlder(): Promise<void> {
		if (this.#part.hasOlder) await this.load(() => this.#part.loadOlder());
	}

	protected override async begin(): Promise<void> {
		await Promise.all([
			this.room.timeline.load(this.#rootId),
			this.#part.loadOlder(),
		]);
	}

	protected override read(pages: PagesState): ThreadState {
		const root = this.room.timeline.get(this.#rootId);
		return {
			root: root?.kind === "message" ? root : undefined,
			items: this.#part.rows(),
			hasOlder: this.#part.hasOlder,
			...pages,
		};
	}
}
