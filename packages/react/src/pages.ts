import type {
	ChatClient,
	ChatError,
	ConnectionState,
} from "@secureconnect/client";
import { asChatError } from "./errors.ts";
import { enterRoom, type Room } from "./room.ts";
import { Store } from "./store.ts";

/** Progress of the pages of a list. */
export interface PagesState {
	/** Whether the first page or a further page is loading. */
	readonly isLoading: boolean;
	/** Reason why a page could not be loaded. The next attempt clears it. */
	readonly error: ChatError | undefined;
}

/**
 * State of a conversation that loads page by page. Loads the first page once the connection is ready, and again when
 * the timeline forgot everything. Renders at most once per turn.
 */
export abstract class PagedStore<T extends PagesState> extends Store<T> {
	protected readonly room: Room;
	readonly #leave: () => void;
	readonly #offs: (() => void)[];
	#isClosed = false;
	#isDue = false;
	#isLoaded = false;
	#isPossible = true;
	/** Number of loads in progress since the last reset. */
	#running = 0;
	#resets = 0;
	#error: ChatError | undefined;

	constructor(client: ChatClient, id: string, empty: T) {
		super(empty);
		const { room, leave } = enterRoom(client, id);
		this.room = room;
		this.#leave = leave;
		const { conversation, timeline } = room;
		const begin = (): void => {
			if (!this.#isLoaded && this.#running === 0) void this.#first();
		};
		const again = (): void => {
			this.#resets++;
			this.#running = 0;
			void this.#first();
		};
		this.#offs = [
			timeline.onChange(() => this.changed()),
			conversation.on("state", (state) => this.#connection(state)),
			conversation.on("ready", begin),
			conversation.on("reset", again),
			conversation.on("missing", again),
		];
		this.#connection(conversation.state);
		// Deferred, because React mounts every component twice in development and closes this store before the
		// microtask runs.
		queueMicrotask(() => {
			if (!this.#isClosed && conversation.state.name === "open") begin();
		});
	}

	override close(): void {
		this.#isClosed = true;
		for (const off of this.#offs) off();
		this.#leave();
	}

	/** Loads the first page. */
	protected abstract begin(): Promise<void>;

	/** Returns the state to show. */
	protected abstract read(pages: PagesState): T;

	/** Runs a load. Never rejects: see `error`. */
	protected async load(work: () => Promise<void>): Promise<void> {
		if (this.#isClosed) return;
		const resets = this.#resets;
		this.#running++;
		this.#error = undefined;
		this.changed();
		let error: ChatError | undefined;
		try {
			await work();
		} catch (caught) {
			error = asChatError(caught);
		}
		if (resets !== this.#resets) return;
		this.#running--;
		if (error) this.#error = error;
		else this.#isLoaded = true;
		this.changed();
	}

	/** Shows the state at the end of this turn: an acknowledgement and its message arrive in the same turn. */
	protected changed(): void {
		if (this.#isDue) return;
		this.#isDue = true;
		queueMicrotask(() => {
			this.#isDue = false;
			if (this.#isClosed) return;
			const isLoading =
				this.#running > 0 ||
				(!this.#isLoaded && this.#isPossible && !this.#error);
			const state = this.read({ isLoading, error: this.#error });
			// Most changes of a timeline concern other rows, and a page may show a store for each quote.
			if (!isSame(state, this.snapshot)) this.show(state);
		});
	}

	#first(): Promise<void> {
		this.#isLoaded = false;
		return this.load(() => this.begin());
	}

	/** Shows the first page as loading while a connection is still possible. */
	#connection(state: ConnectionState): void {
		this.#isPossible = !["failed", "closed", "given_up"].includes(state.name);
		if (this.#isLoaded || this.#running) return;
		this.#error = state.name === "failed" ? state.error : undefined;
		this.changed();
	}
}

/** Returns whether two states have the same values in the same fields. */
function isSame<T extends object>(a: T, b: T): boolean {
	return (Object.keys(a) as (keyof T)[]).every((key) => a[key] === b[key]);
}
