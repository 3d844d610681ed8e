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

const LIST_PAGE = 100;
const ASK_MS = 1000;

/** Unread messages of a conversation while it is shown, counted from the user's read position. */
export class UnreadStore extends PagedStore<UnreadState> {
	readonly #client: ChatClient;
	readonly #off: () => void;
	#base: Base = { headSeq: 0, readSeq: 0, unread: 0 };
	#isMarked = false;
	#firstUnread: string | undefined;
	/** Position up to which the user read here. */
	#read = 0;
	#asking: ReturnType<typeof setTimeout> | undefined;

	constructor(client: ChatClient, id: string) {
		super(client, id, NO_UNREAD);
		this.#client = client;
		const off = this.room.conversation.on("read", () => this.changed());
		const offRows = this.room.timeline.onChange(() => this.#askLater());
		this.#off = () => {
			off();
			offRows();
			clearTimeout(this.#asking);
		};
	}

	override close(): void {
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
		this.changed();
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
		await this.room.timeline.loadSince(readSeq);
		this.#firstUnread = this.#unreadAfter(readSeq)[0]?.messageId;
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

	/** Asks the server for the counts. */
	async #ask(): Promise<void> {
		const { conversations } = this.#client;
		const { id } = this.room.conversation;
		let after: string | undefined;
		do {
			const page = await conversations.list({
				limit: LIST_PAGE,
				...(after !== undefined && { after }),
			});
			const found = page.conversations.find(
				({ conversationId }) => conversationId === id,
			);
			if (found) {
				this.#base = found;
				this.#isMarked = found.markedUnread ?? false;
				return;
			}
			after = page.next ?? undefined;
		} while (after !== undefined);
	}

	/** While not all unread messages are loaded, only the server knows which of the others were deleted. */
	#askLater(): void {
		if (this.#asking !== undefined || this.#isLoadedAfter(this.#position))
			return;
		this.#asking = setTimeout(() => {
			this.#asking = undefined;
			void this.load(() => this.#ask());
		}, ASK_MS);
	}

	async #mark(markedUnread: boolean): Promise<void> {
		await this.room.conversation.me({ markedUnread });
		this.#isMarked = markedUnread;
		this.changed();
	}
}
