import type { ConnectionState } from "../connection-state.ts";
import { Emitter, type Listener } from "../emitter.ts";
import type { Metadata } from "../events.ts";
import type { SocketOptions } from "../own-socket.ts";
import {
	type InboxRow,
	type ListFrame,
	readRow,
	type WireRow,
} from "./inbox-frames.ts";
import { SharedSocket } from "./shared-socket.ts";

/** The list of conversations and the totals over all of the user's conversations. */
export interface InboxList<M extends object = Metadata> {
	/**
	 * The 100 conversations with the most recent activity, and those that changed since; most recently active first. A
	 * row is a new object only if it changed.
	 */
	readonly conversations: readonly InboxRow<M>[];
	/** Whether the user has more conversations, which `client.conversations.list` returns. */
	readonly more: boolean;
	/** Sum of `unread`, without archived conversations and those that are muted now. */
	readonly totalUnread: number;
	/** Sum of `mentions`, over the same conversations. */
	readonly totalMentions: number;
	/** Id of the server's log, if the server sent it. */
	readonly epoch: string | undefined;
}

/**
 * State of the list; `name` tells the states apart. `loading`: no list has arrived yet. `live`: the list is that of the
 * server. `stale`: the list as it was before the connection was lost. `unavailable`: the server has no inbox: ask
 * `client.conversations.list` at intervals.
 */
export type InboxState<M extends object = Metadata> =
	| { readonly name: "loading" }
	| ({ readonly name: "live" | "stale" } & InboxList<M>)
	| { readonly name: "unavailable" };

/** Events of {@link Inbox}. */
export interface InboxEvents<M extends object = Metadata> {
	/** The list, the totals or the state changed. */
	change: InboxState<M>;
	/** New states of conversations that changed, except those of the whole list after a connection opened. */
	rows: readonly InboxRow<M>[];
	/** The user became a participant of a conversation. */
	added: InboxRow<M>;
	/** The user is no longer a participant of a conversation, or it was deleted. */
	removed: {
		readonly conversationId: string;
		readonly reason: "removed" | "deleted";
	};
	/** The server was restored from a backup: discard what was loaded before. The list is that of the restored log. */
	reset: undefined;
	/** The state of the client's connection changed. */
	connection: ConnectionState;
	/** A frame, or a row of one, violated the protocol and was dropped. */
	invalid: { readonly why: string };
}

/**
 * The user's list of conversations with its counts, live. The connection is open while there is a listener or an open
 * conversation.
 */
export class Inbox<M extends object = Metadata> {
	/** @internal Undefined with protocol "seed". */
	readonly socket: SharedSocket | undefined;
	// Without the type of the metadata, so that a client of one type is also a client of any object.
	readonly #events = new Emitter<InboxEvents>();
	#list: InboxList | undefined;
	#state: InboxState;
	#connection: ConnectionState | undefined;

	/** @internal See {@link ChatClient.inbox}. */
	constructor(options: SocketOptions) {
		this.socket =
			options.protocol === "seed"
				? undefined
				: new SharedSocket(options, {
						list: (frame, wire) => this.#take(frame, wire),
						changed: () => this.#changed(),
						invalid: (why) => this.#events.emit("invalid", { why }),
					});
		this.#state = { name: this.socket ? "loading" : "unavailable" };
	}

	/** Current state. The same object until the event `change`. */
	get state(): InboxState<M> {
		return this.#state as InboxState<object> as InboxState<M>;
	}
	/** State of the client's connection; undefined without an inbox, where each conversation has a connection. */
	get connection(): ConnectionState | undefined {
		return this.socket?.isAvailable ? this.socket.state : undefined;
	}

	/**
	 * Calls `listener` on each future `event`, until the returned function is called. The first listener opens the
	 * connection.
	 * @returns a function that removes the listener
	 */
	on<K extends keyof InboxEvents<M>>(
		event: K,
		listener: Listener<InboxEvents<M>[K]>,
	): () => void {
		const off = this.#events.on(
			event,
			listener as unknown as Listener<InboxEvents[K]>,
		);
		let release = this.socket?.hold();
		return () => {
			off();
			const end = release;
			release = undefined;
			// Frameworks remove a listener and add the next one in the same turn. The delay keeps the connection for it.
			if (end) setTimeout(end);
		};
	}

	/** Retries at once: after the client gave up, after it failed (with a new token), or while it waits. */
	reconnect(): void {
		if (this.socket?.isAvailable) this.socket.reconnect();
	}

	#changed(): void {
		const { connection } = this;
		if (connection !== undefined && connection !== this.#connection)
			this.#events.emit("connection", connection);
		this.#connection = connection;
		const { name } = this.#state;
		if (!this.socket?.isAvailable) {
			this.#list = undefined;
			if (name !== "unavailable") this.#become({ name: "unavailable" });
		} else if (name === "live" && !this.socket.isLive && this.#list)
			this.#become({ name: "stale", ...this.#list });
	}

	#become(state: InboxState): void {
		this.#state = state;
		this.#events.emit("change", state);
	}

	#take(frame: ListFrame, wire: object): void {
		const { totalUnread, totalMentions } = frame;
		const totals = { totalUnread, totalMentions };
		const { conversations = [], conversation } = wire as {
			readonly conversations?: readonly WireRow[];
			readonly conversation?: WireRow;
		};
		const rows = this.#rows(conversation ? [conversation] : conversations);
		const before = this.#list;
		if (frame.type === "inbox") {
			const { more, epoch = before?.epoch } = frame;
			this.#list = { conversations: rows, more, ...totals, epoch };
			this.#live();
			if (before && epoch !== (before.epoch ?? epoch))
				this.#events.emit("reset", undefined);
			return;
		}
		// The first frame of each connection is the whole list.
		if (!before) return;
		const gone =
			frame.type === "conversation_removed" ? frame.conversationId : undefined;
		this.#list = {
			...before,
			...totals,
			conversations: merge(before.conversations, rows).filter(
				({ conversationId }) => conversationId !== gone,
			),
		};
		this.#live();
		if (frame.type === "conversation_removed") {
			const { conversationId, reason } = frame;
			this.#events.emit("removed", { conversationId, reason });
		} else if (frame.type === "inbox_changed") this.#events.emit("rows", rows);
		else for (const row of rows) this.#events.emit("added", row);
	}

	#live(): void {
		if (this.#list) this.#become({ name: "live", ...this.#list });
	}

	#rows(wire: readonly WireRow[]): InboxRow[] {
		return wire.flatMap((row) => {
			const read = readRow(row);
			if (!read) this.#events.emit("invalid", { why: "a row of the list" });
			return read ?? [];
		});
	}
}

/** Replaces rows by newer ones. Most recent activity first; rows of the same moment keep their order. */
function merge(
	rows: readonly InboxRow[],
	newer: readonly InboxRow[],
): InboxRow[] {
	const changed = new Map(newer.map((row) => [row.conversationId, row]));
	const kept = rows.map((row) => {
		const now = changed.get(row.conversationId) ?? row;
		// A row with new activity goes before those of the same moment.
		if (now.updatedAt === row.updatedAt) changed.delete(row.conversationId);
		return now;
	});
	const moved = [...changed.values()];
	return [...moved, ...kept.filter((row) => !moved.includes(row))].sort(
		(a, b) => Date.parse(b.updatedAt) - Date.parse(a.updatedAt),
	);
}
