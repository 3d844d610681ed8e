import type { ChatError } from "../errors.ts";
import { contentOf, EMPTY } from "./content.ts";
import type { Command, LogEntry, Stored } from "./entries.ts";
import { foldRow } from "./fold.ts";
import type { TimelineRow } from "./rows.ts";
import { share } from "./share.ts";
import { foldOf, isMessage, newSlot, type Slot } from "./slot.ts";

/** A command whose entry has not been added. */
interface Pending {
	command: Command;
	/** Slot of a new message; not drawn for an amendment. */
	readonly slot: Slot;
	/** Place of the entry, if the server acknowledged the command. */
	stored: Stored | undefined;
}

/**
 * Messages of one conversation with their amendments, and above them this user's commands that the server has not
 * confirmed. It accepts entries and pages in any order and any number of times. It does no I/O.
 */
export class Timeline {
	#userId: string | undefined;
	/** Messages by id, including those of which only amendments are known. */
	readonly #slots = new Map<string, Slot>();
	/** Loaded messages and notices, in order of `seq` if `#isSorted`. */
	#order: Slot[] = [];
	#isSorted = true;
	/** By `clientMessageId`. */
	readonly #pending = new Map<string, Pending>();
	/** `clientMessageId` of this user's entries. The report of the outbox may come after the entry. */
	readonly #confirmed = new Set<string>();
	#newest = 0;
	#rows: readonly TimelineRow[] = [];
	#isStale = false;

	/** @param userId this user's id; undefined while it is unknown */
	constructor(userId?: string) {
		this.#userId = userId;
	}

	/** Sets this user's id. Call it before the first entry is added: an entry before it keeps a different key. */
	identify(userId: string): void {
		this.#userId = userId;
		for (const { command, slot } of this.#pending.values()) {
			slot.origin = { ...slot.origin, senderId: userId };
			this.#link(command, slot.status !== "failed");
		}
		for (const slot of this.#slots.values()) this.#touch(slot);
	}

	/** `seq` of the newest entry that was added or folded into a page; 0 without entries. */
	get newest(): number {
		return this.#newest;
	}

	/**
	 * Adds live entries, a page of the log, or a page of the timeline. A number that is `undefined` counts as the next.
	 * @param asOf `as_of_seq` of a page of the timeline; 0 for entries of the log
	 */
	add(entries: Iterable<LogEntry>, asOf = 0): void {
		for (const entry of entries) this.#add(entry, asOf);
		this.#newest = Math.max(this.#newest, asOf);
		this.#settle();
	}

	/** Shows a command of this user, or its changed status. Changes nothing if its entry was added before. */
	write(command: Command, status: "queued" | "sent" = "queued"): void {
		const { type, clientMessageId, createdAt } = command;
		if (this.#confirmed.has(clientMessageId)) return;
		const { slot, stored } = this.#pending.get(clientMessageId) ?? {
			slot: newSlot(),
			stored: undefined,
		};
		this.#pending.set(clientMessageId, { command, slot, stored });
		if (isMessage(type))
			Object.assign(slot, {
				origin: { ...command, senderId: this.#userId },
				key: clientMessageId,
				content: contentOf(command),
				createdAt,
				status,
			});
		this.#touch(slot);
		this.#link(command, true);
	}

	/**
	 * Notes the server's answer to a command that made no entry now: `ack`, or the place that a different tab reports.
	 * The command is shown until the timeline has reached that place.
	 */
	acknowledge(clientMessageId: string, stored: Stored): void {
		const pending = this.#pending.get(clientMessageId);
		if (!pending) return;
		const { command, slot } = pending;
		pending.stored = stored;
		if (isMessage(command.type)) {
			const { messageId } = stored;
			slot.status = "stored";
			slot.origin = { ...slot.origin, messageId };
			// A server that implements only the original protocol document does not repeat the client's id.
			this.#slot(messageId).key ??= clientMessageId;
			this.#touch(slot);
		}
		this.#settle();
	}

	/** Takes a refused command back. A message stays as failed until it is discarded. */
	refuse(clientMessageId: string, error: ChatError): void {
		const { command, slot } = this.#pending.get(clientMessageId) ?? {};
		if (!command || !slot) return;
		if (!isMessage(command.type)) {
			this.discard(clientMessageId);
			return;
		}
		Object.assign(slot, { status: "failed", error });
		this.#touch(slot);
		this.#link(command, false);
	}

	/** Removes a command. Returns false if it is not shown. */
	discard(clientMessageId: string): boolean {
		const { command } = this.#pending.get(clientMessageId) ?? {};
		if (!command) return false;
		this.#pending.delete(clientMessageId);
		this.#isStale = true;
		this.#link(command, false);
		return true;
	}

	/** Forgets everything that came from the log, which was replaced by a different one. Keeps commands. */
	reset(): void {
		this.#slots.clear();
		this.#confirmed.clear();
		this.#order = [];
		this.#newest = 0;
		this.#isStale = true;
		for (const [id, { command, slot, stored }] of this.#pending)
			if (stored) this.#pending.delete(id);
			else this.#link(command, slot.status !== "failed");
	}

	/**
	 * Removes the oldest rows to free memory. Adding their pages again restores them.
	 * @param most number of stored rows to keep
	 */
	trim(most: number): void {
		this.#sort();
		for (const slot of this.#order.splice(0, this.#order.length - most)) {
			const { messageId = "", threadId } = slot.origin ?? {};
			this.#slots.get(threadId ?? "")?.replies.delete(slot);
			slot.origin = slot.row = undefined;
			// A page of the log does not repeat later entries, so what is known from them stays.
			if (slot.version > 0 || slot.erasedAt !== undefined) continue;
			slot.content = undefined;
			slot.version = -1;
			if (!slot.base && slot.marks.length + slot.pending.length === 0)
				this.#slots.delete(messageId);
		}
		this.#isStale = true;
	}

	/** Returns the row of a loaded message, for example of a message that another answers. */
	get(messageId: string): TimelineRow | undefined {
		const slot = this.#slots.get(messageId);
		return slot?.origin && this.#row(slot);
	}

	/**
	 * Returns all rows: stored messages and notices in order of `seq`, then this user's other messages in order of
	 * writing. Returns the same array until a row changes.
	 */
	rows(): readonly TimelineRow[] {
		if (!this.#isStale) return this.#rows;
		this.#isStale = false;
		this.#sort();
		const written = [...this.#pending.values()]
			.filter(({ command }) => isMessage(command.type))
			.sort((a, b) => a.command.createdAt - b.command.createdAt);
		const rows = [...this.#order, ...written.map(({ slot }) => slot)].map(
			(slot) => this.#row(slot),
		);
		if (
			rows.length !== this.#rows.length ||
			rows.some((row, at) => row !== this.#rows[at])
		)
			this.#rows = rows;
		return this.#rows;
	}

	#row(slot: Slot): TimelineRow {
		if (slot.isStale || !slot.row) {
			slot.row = share(slot.row, foldRow(slot, this.#userId));
			slot.isStale = false;
		}
		return slot.row;
	}

	#add(entry: LogEntry, asOf: number): void {
		const { type, messageId, senderId, clientMessageId, targetId } = entry;
		const kind = foldOf(type)?.kind;
		const { seq = kind === undefined ? 0 : this.#newest + 1 } = entry;
		this.#newest = Math.max(this.#newest, seq);
		if (kind === undefined || messageId === undefined) return;
		if (clientMessageId !== undefined && senderId === this.#userId) {
			this.#confirmed.add(clientMessageId);
			this.discard(clientMessageId);
		}
		if (kind === "message" || kind === "notice") {
			this.#load(messageId, entry, seq, asOf);
			return;
		}
		const slot = this.#slot(targetId ?? "");
		if (kind === "erase" || entry.deleted)
			this.#erase(slot, kind === "erase" ? seq : 0);
		else if (kind === "replace")
			this.#replace(slot, entry, entry.version ?? seq);
		else if (seq > slot.asOf && slot.erasedAt === undefined) {
			const { marks } = slot;
			let at = marks.length;
			while ((marks[at - 1]?.seq ?? 0) > seq) at--;
			if (marks[at - 1]?.seq === seq) return;
			marks.splice(at, 0, entry);
			this.#touch(slot);
		}
	}

	#load(id: string, entry: LogEntry, seq: number, asOf: number): void {
		const slot = this.#slot(id);
		const { senderId, clientMessageId, threadId, timestamp = "" } = entry;
		// Content has a place of its own, so that no earlier content stays behind.
		const bare = isMessage(entry.type) ? { ...entry, ...EMPTY } : entry;
		const root = threadId === undefined ? undefined : this.#slot(threadId);
		if (!slot.origin) {
			slot.origin = bare;
			slot.key ??= (senderId === this.#userId && clientMessageId) || id;
			slot.seq = seq;
			slot.createdAt = Date.parse(timestamp);
			this.#isSorted &&= seq > (this.#order.at(-1)?.seq ?? 0);
			this.#order.push(slot);
			this.#touch(slot);
			root?.replies.add(slot);
			if (root) this.#touch(root);
		}
		if (asOf > slot.asOf) {
			slot.base = bare;
			slot.asOf = asOf;
			slot.marks = slot.marks.filter(({ seq = 0 }) => seq > asOf);
			this.#touch(slot);
		}
		if (entry.deleted) this.#erase(slot, 0);
		else this.#replace(slot, entry, entry.version ?? 0);
	}

	#replace(slot: Slot, entry: LogEntry, version: number): void {
		if (version <= slot.version || slot.erasedAt !== undefined) return;
		slot.version = version;
		slot.content = contentOf(entry);
		slot.editedAt =
			version > 0
				? Date.parse(entry.editedAt ?? entry.timestamp ?? "")
				: undefined;
		this.#touch(slot);
	}

	/** @param seq place of the entry that erased the message, 0 if it is unknown */
	#erase(slot: Slot, seq: number): void {
		slot.erasedAt = Math.max(slot.erasedAt ?? 0, seq);
		slot.content = undefined;
		slot.marks = [];
		this.#touch(slot);
		const root = this.#slots.get(slot.origin?.threadId ?? "");
		if (root) this.#touch(root);
	}

	/** Drops acknowledged commands whose place the timeline has reached. */
	#settle(): void {
		for (const [id, { command, stored }] of this.#pending)
			if (
				stored &&
				((stored.seq ?? Number.POSITIVE_INFINITY) <= this.#newest ||
					(isMessage(command.type) && this.get(stored.messageId)))
			)
				this.discard(id);
	}

	/** Adds a command to the message that it concerns, or removes it. */
	#link(command: Command, isShown: boolean): void {
		const { clientMessageId: id, targetId, threadId } = command;
		const about = targetId ?? threadId;
		if (about === undefined) return;
		const slot = this.#slot(about);
		const pending = [...slot.pending];
		const at = pending.findIndex(
			({ clientMessageId }) => clientMessageId === id,
		);
		pending.splice(
			at < 0 ? pending.length : at,
			at < 0 ? 0 : 1,
			...(isShown ? [command] : []),
		);
		slot.pending = pending.sort((a, b) => a.createdAt - b.createdAt);
		this.#touch(slot);
	}

	#slot(id: string): Slot {
		let slot = this.#slots.get(id);
		if (!slot) {
			slot = newSlot();
			this.#slots.set(id, slot);
		}
		return slot;
	}

	#touch(slot: Slot): void {
		slot.isStale = this.#isStale = true;
	}

	#sort(): void {
		if (!this.#isSorted) this.#order.sort((a, b) => a.seq - b.seq);
		this.#isSorted = true;
	}
}
