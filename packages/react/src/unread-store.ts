import type { ChatClient, ConversationSummary } from "@secureconnect/client";
import type { MessageRow } from "@secureconnect/client/timeline";
import { PagedStore, type PagesState } from "./pages.ts";

/** State that `useUnread` returns. */
export interface UnreadState extends PagesState {
	/** Number of messages after the user's read position, without deleted ones. */
	readonly unread: number;
	/** Number of these that mention the user or everyone. */
	readonly mentions: number;
	/** Whether the user marked the conversation as unread, until the next `read`. */
	readonly isMarkedUnread: boolean;
	/**
	 * Id of the first message that was unread when the conversation was opened. It stays while a component shows the
	 * conversation; after a restore of the server it is determined again.
	 */
	readonly firstUnread: string | undefined;
}

export const NO_UNREAD: UnreadState = {
	unread: 0,
	mentions: 0,
	isMarkedUnread: false,
	firstUnread: undefined,
	isLoading: true,
	error: undefined,
};

/** What the server said about the conversation. */
type Base = Pick<
	ConversationSummary,
	"headSeq" | "readSeq" | "unread" | "mentions"
>;

const ASK_MS = 1000;
/** The hook loads and counts up to this many unread messages. Of more, the server counts those that are not loaded. */
const MOST = 400;
/** Pages of the timeline that hold `MOST` messages, with as many deleted ones. */
const PAGES = 16;

/** Unread messages of a conversation while it is shown, counted from the user's read position. */
export class UnreadStore extends PagedStore<UnreadState> {
	readonly #client: ChatClient;
	readonly #off: () => void;
	#base: Base = { headSeq: 0, readSeq: 0, unread: 0 };
	#isMarked = false;
	#firstUnread: string | undefined;
	/** Position up to which the user read here. */
	#read = 0;
	#isOver = false;
	#asking: ReturnType<typeof setTimeout> | undefined;

	constructor(client: ChatClient, id: string) {
		super(client, id, NO_UNREAD);
		this.#client = client;
		const off = this.room.conversation.on("read", ({ senderId }) => {
			this.#moved();
			// A read on a different device clears the mark, unless the user set the mark after it.
			const { userId } = this.room.conversation;
			if (this.#isMarked && senderId === userId) void this.#askAgain();
		});
		const offRows = this.room.timeline.onChange(() => this.#askLater());
		this.#off = () => {
			off();
			offRows();
			clearTimeout(this.#asking);
		};
	}

	override close(): void {
		this.#isOver = true;
		this.#off();
		super.close();
	}

	/** Advances the read position to a message; by default, to the newest one that is loaded. */
	async markRead(messageId?: string): Promise<void> {
		const { conversation, timeline } = this.room;
		const row =
			messageId === undefined
				? this.#messages().at(-1)
				: timeline.get(messageId);
		if (row?.kind !== "message" || row.messageId === undefined) return;
		conversation.markAsRead(row.messageId);
		this.#read = Math.max(this.#read, row.seq);
		this.#moved();
		// The server clears the mark at the next `read`, which the client does not repeat.
		if (this.#isMarked) await this.#mark(false);
	}

	markUnread(): Promise<void> {
		return this.#mark(true);
	}

	protected override async begin(): Promise<void> {
		this.#read = 0;
		this.#firstUnread = undefined;
		await this.#ask();
		const { readSeq, unread } = this.#base;
		if (unread === 0) return;
		const { timeline } = this.room;
		let isLoaded = false;
		for (let page = 0; page < PAGES && !isLoaded; page++) {
			isLoaded = await timeline.loadSince(readSeq);
			const [first] = this.#unreadAfter(readSeq);
			// Messages before those of the newest part may still be missing.
			if (first && (isLoaded || first.seq < timeline.from))
				this.#firstUnread ??= first.messageId;
			if (this.#firstUnread !== undefined && unread >= MOST) return;
		}
	}

	protected override read(pages: PagesState): UnreadState {
		const { headSeq, unread, mentions = 0 } = this.#base;
		const at = this.#position;
		const isLoaded = this.#isLoadedAfter(at);
		const later = this.#unreadAfter(isLoaded ? at : headSeq);
		return {
			unread: later.length + (isLoaded ? 0 : unread),
			mentions:
				later.filter((row) => this.#mentionsUser(row)).length +
				(isLoaded ? 0 : mentions),
			isMarkedUnread: this.#isMarked,
			firstUnread: this.#firstUnread,
			...pages,
		};
	}

	/** The user's read position. Writing a message advances it. */
	get #position(): number {
		const { conversation } = this.room;
		const own = this.#messages().findLast(({ isOwn }) => isOwn);
		return Math.max(
			this.#base.readSeq,
			this.#read,
			conversation.readSeq(conversation.userId ?? "") ?? 0,
			own?.seq ?? 0,
		);
	}

	#isLoadedAfter(seq: number): boolean {
		return this.room.timeline.from <= seq + 1;
	}

	/** Returns the loaded messages that are stored. */
	#messages(): readonly MessageRow[] {
		return this.room.timeline
			.known()
			.filter((row) => row.kind === "message" && row.seq > 0) as MessageRow[];
	}

	#unreadAfter(seq: number): readonly MessageRow[] {
		return this.#messages().filter(
			(row) => row.seq > seq && !row.isOwn && !row.deleted,
		);
	}

	#mentionsUser({ mentions }: MessageRow): boolean {
		const { userId = "" } = this.room.conversation;
		return mentions?.all === true || !!mentions?.userIds?.includes(userId);
	}

	/** Asks the server for the counts. Earlier versions send none: the hook then counts only loaded messages. */
	async #ask(): Promise<void> {
		const { id } = this.room.conversation;
		const details = await this.#client.conversations.get(id);
		const { headSeq, readSeq = headSeq, unread = 0, mentions = 0 } = details;
		this.#base = { headSeq, readSeq, unread, mentions };
		this.#isMarked = details.markedUnread ?? false;
	}

	#moved(): void {
		this.changed();
		this.#askLater();
	}

	/**
	 * While not all unread messages are loaded, only the server knows which of the others were deleted, and how many
	 * precede a position.
	 */
	#askLater(): void {
		if (this.#isOver || this.#asking !== undefined) return;
		if (this.#isLoadedAfter(this.#position)) return;
		this.#asking = setTimeout(() => {
			this.#asking = undefined;
			void this.#askAgain();
		}, ASK_MS);
	}

	async #askAgain(): Promise<void> {
		try {
			await this.#ask();
		} catch {
			// The counts stay as they were. The next change of the messages asks again.
		}
		this.changed();
		// The client sends a new position with a delay, and again after a lost connection.
		const { state } = this.room.conversation;
		if (this.#base.readSeq < this.#position && state.name === "open")
			this.#askLater();
	}

	async #mark(markedUnread: boolean): Promise<void> {
		await this.room.conversation.me({ markedUnread });
		this.#isMarked = markedUnread;
		this.changed();
	}
}
