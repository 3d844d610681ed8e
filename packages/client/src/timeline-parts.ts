import type {
	ConversationTimeline,
	PageQuery,
} from "./conversation-timeline.ts";
import { ENTRY_FOLDS, type Marks } from "./timeline/entry-folds.ts";
import type { MessageRow, TimelineRow } from "./timeline/rows.ts";
import { sameList } from "./timeline/same-list.ts";

/** Messages of a timeline that belong together, loaded page by page and kept up to date. */
export interface TimelinePart {
	/** Whether the part may have messages that are not loaded. */
	readonly hasOlder: boolean;
	/** Returns the loaded messages in order. Returns the same array until a row changes. */
	rows(): readonly MessageRow[];
	/**
	 * Loads the newest page, then the page before it. The `onChange` of the timeline reports changes.
	 * @throws {ChatError} as `history`
	 */
	loadOlder(): Promise<void>;
}

/** Returns the messages of a thread. The conversation's event `reset` or `missing` empties it, as the timeline. */
export function threadOf(
	timeline: ConversationTimeline,
	rootId: string,
): TimelinePart {
	return new Part(
		timeline,
		"messages",
		{ thread_id: rootId },
		({ threadId }) => threadId === rootId,
	);
}

const PINNED: keyof Marks = "pinned";
/** Maximum of a page. A conversation has at most 50 pins. */
const LIMIT = 100;

/** Parts with the pins. A timeline has at most one, because the part listens while the timeline exists. */
const allPins = new WeakMap<ConversationTimeline, TimelinePart>();

/**
 * Returns the pinned messages, in order of the messages: the same part for each call. `hasOlder` is true again when it
 * has to load a new pin.
 */
export function pinsOf(timeline: ConversationTimeline): TimelinePart {
	const known = allPins.get(timeline);
	if (known) return known;
	const pins = new Part(
		timeline,
		"pins",
		{ limit: LIMIT },
		({ pinned }) => pinned,
		true,
	);
	timeline.follow(({ type, targetId = "" }) => {
		if (ENTRY_FOLDS.get(type)?.as === PINNED && !timeline.get(targetId))
			pins.forget();
	});
	allPins.set(timeline, pins);
	return pins;
}

class Part implements TimelinePart {
	readonly #timeline: ConversationTimeline;
	readonly #path: string;
	readonly #query: PageQuery;
	readonly #has: (row: MessageRow) => boolean;
	/** Whether messages before the first loaded page belong to the part, if they are known. */
	readonly #isSparse: boolean;
	/** Messages before this `seq` are not loaded; undefined before the first page. */
	#from: number | undefined;
	/** Number of calls of {@link forget}. A page that was requested before the last one may lack messages. */
	#forgets = 0;
	#resets = 0;
	#rows: readonly MessageRow[] = [];

	constructor(
		timeline: ConversationTimeline,
		path: string,
		query: PageQuery,
		has: (row: MessageRow) => boolean,
		isSparse = false,
	) {
		this.#timeline = timeline;
		this.#path = path;
		this.#query = query;
		this.#has = has;
		this.#isSparse = isSparse;
	}

	get hasOlder(): boolean {
		return this.#oldest !== 0;
	}

	rows(): readonly MessageRow[] {
		const from = this.#isSparse ? 0 : (this.#oldest ?? this.#timeline.from);
		const isShown = (row: TimelineRow): row is MessageRow =>
			row.kind === "message" &&
			(row.seq === 0 || row.seq >= from) &&
			this.#has(row);
		this.#rows = sameList(this.#rows, this.#timeline.known().filter(isShown));
		return this.#rows;
	}

	async loadOlder(): Promise<void> {
		await this.#timeline.start();
		const before = this.#oldest;
		if (before === 0) return;
		const forgets = this.#forgets;
		await this.#timeline.page(
			{ ...this.#query, before_seq: before },
			({ next }) => {
				if (forgets === this.#forgets) this.#from = next ?? 0;
			},
			this.#path,
		);
	}

	forget(): void {
		this.#forgets++;
		this.#from = undefined;
		this.#timeline.changed();
	}

	/** `#from`, unless everything was forgotten since. */
	get #oldest(): number | undefined {
		const { resets } = this.#timeline;
		if (this.#resets !== resets) this.#from = undefined;
		this.#resets = resets;
		return this.#from;
	}
}
