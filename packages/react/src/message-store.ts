import type {
	ChatClient,
	ChatError,
	Mentions,
	Metadata,
	SendOptions,
	SentMessage,
} from "@secureconnect/client";
import type { MessageRow, TimelineRow } from "@secureconnect/client/timeline";
import { PagedStore, type PagesState } from "./pages.ts";

/** State that `useMessages` returns. */
export interface MessagesState<M extends object = Metadata> extends PagesState {
	/**
	 * Messages and notices of the part of the conversation that is shown, in order. In the newest part, the user's own
	 * messages that are not stored yet follow.
	 */
	readonly items: readonly TimelineRow<M>[];
	/**
	 * Number of the first item, for lists that virtualise (`firstItemIndex` of react-virtuoso). Each item added
	 * before it reduces it by one. It starts again when a different part is shown.
	 */
	readonly firstItemIndex: number;
	/** Whether the conversation may have entries before the first item. */
	readonly hasOlder: boolean;
	/** Whether the conversation has entries after the last item: they load with `loadNewer`. */
	readonly hasNewer: boolean;
}

/** Index of the first item before older ones are added. Lists that virtualise need decreasing numbers above 0. */
const FIRST_INDEX = 1_000_000_000;

export const NO_MESSAGES: MessagesState = {
	items: [],
	firstItemIndex: FIRST_INDEX,
	hasOlder: true,
	hasNewer: false,
	isLoading: true,
	error: undefined,
};

/** A conversation's messages while it is shown. */
export class MessageStore extends PagedStore<MessagesState> {
	constructor(client: ChatClient, id: string) {
		super(client, id, NO_MESSAGES);
	}

	/** Sends a message. @throws {ChatError} `outbox_full`, `too_large`, `closed`: the message was not accepted */
	send(content: string, options?: SendOptions): SentMessage {
		const sent = this.room.conversation.send(content, options);
		void this.showNewest();
		return sent;
	}

	/** Sends a failed message again, as a new one. If `send` throws, the failed message stays. */
	retry({ key }: MessageRow): void {
		const row = this.room.timeline.find(key);
		// Two quick clicks must not send the message twice.
		if (row?.kind !== "message" || row.status !== "failed") return;
		const { content, isEncrypted, messageType, metadata } = row;
		const { replyTo, threadId, mentions } = row;
		this.send(content, {
			isEncrypted,
			messageType,
			metadata,
			...(replyTo !== undefined && { replyTo }),
			...(threadId !== undefined && { threadId }),
			...(mentions && { mentions: mentions as Mentions }),
		});
		this.discard(row);
	}

	/** Removes a failed message. */
	discard({ key }: MessageRow): void {
		const { timeline } = this.room;
		const row = timeline.find(key);
		if (row?.kind === "message" && row.status === "failed")
			timeline.discard(key);
	}

	async loadOlder(): Promise<void> {
		const { timeline } = this.room;
		if (timeline.hasOlder) await this.load(() => timeline.loadOlder());
	}

	async loadNewer(): Promise<void> {
		const { timeline } = this.room;
		if (timeline.hasNewer) await this.load(() => timeline.loadNewer());
	}

	showAround(messageId: string): Promise<ChatError | undefined> {
		return this.attempt(() => this.room.timeline.showAround(messageId));
	}

	async showNewest(): Promise<void> {
		const { timeline } = this.room;
		if (timeline.hasNewer) await this.load(() => timeline.showNewest());
	}

	protected override begin(): Promise<void> {
		return this.room.timeline.loadOlder();
	}

	protected override read(pages: PagesState): MessagesState {
		const { timeline } = this.room;
		const items = timeline.rows();
		return {
			items,
			firstItemIndex: this.#firstIndex(items),
			hasOlder: timeline.hasOlder,
			hasNewer: timeline.hasNewer,
			...pages,
		};
	}

	#firstIndex(items: readonly TimelineRow[]): number {
		const { items: before, firstItemIndex } = this.snapshot;
		const [first] = before;
		const at = items.findIndex(({ key }) => key === first?.key);
		return at < 0 ? FIRST_INDEX : firstItemIndex - at;
	}
}
