import type { ChatError } from "../errors.ts";
import { contentOf, EMPTY } from "./content.ts";
import type { Command, LogEntry, Place } from "./entries.ts";
import { foldRow } from "./fold.ts";
import type { TimelineRow } from "./rows.ts";
import { share } from "./share.ts";
import { isMessage, kindOf, newSlot, type Slot } from "./slot.ts";

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
	/** Commands whose entries have not been added, by `clientMessageId`. */
	readonly #commands = new Map<string, Slot>();
	/** `clientMessageId` of this user's entries. The report of the outbox may come after the entry. */
	readonly #confirmed = new Set<string>();
	#newest = 0;
	#rows: readonly TimelineRow[] = [];
	#isStale = false;

	/** @param userId this user's id; undefined while it is unknown */
	constructor(userId?: string) {
		this.#userId = userId;
	}

	/** `seq` of the newest entry that was added or folded into a page; 0 without entries. */
	get newest(): number {
		return this.#newest;
	}

	/** Sets this user's id. Call it before the first entry is added, because keys do not change. */
	identify(userId: string): void {
		this.#userId = userId;
		for (const slots of [this.#slots, this.#commands])
			for (const slot of slots.values()) this.#touch(slot);
	}

	/**
	 * Adds live entries, a page of the log, or a page of the timeline.
	 * @param asOf `as_of_seq` of a page of the timeline; 0 for entries of the log
	 */
	add(entries: Iterable<LogEntry>, asOf = 0): void {
		for (const entry of entries) this.#add(entry, asOf);
		this.#newest = Math.max(this.#newest, asOf);
		this.#settle();
	}

	/** Shows a command of this user, or its changed status. Changes nothing if its entry was added before. */
	write(command: Command, status: "queued" | "sent" = "queued"): void {
		const { clientMessageId: key, createdAt } = command;
		if (this.#confirmed.has(key)) return;
		const slot = this.#commands.get(key) ?? newSlot("");
		Object.assign(slot, { origin: command, key, createdAt, status });
		slot.content = contentOf(command);
		this.#commands.set(key, slot);
		this.#changed(slot);
	}

	/**
	 * Notes the server's answer to a command that makes no entry now (`ack`), or the place of an entry that is still to be
	 * added. The command is shown until the timeline reaches that place.
	 */
	acknowledge(clientMessageId: string, place: Place): void {
		const slot = this.#commands.get(clientMessageId);
		if (!slot) return;
		slot.place = place;
		if (isMessage(slot.origin)) {
			const { messageId } = place;
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
		const slot = this.#commands.get(clientMessageId);
		if (!slot || !isMessage(slot.origin)) {
			this.discard(clientMessageId);
			return;
		}
		slot.status = "failed";
		slot.error = error;
		this.#changed(slot);
	}

	/** Removes a command. Returns false if it is not shown. */
	discard(clientMessageId: string): boolean {
		const slot = this.#commands.get(clientMessageId);
		if (slot) this.#changed(slot);
		return this.#commands.delete(clientMessageId);
	}

	/** Forgets everything that came from the log, which was replaced by a different one. Keeps commands. */
	reset(): void {
		this.#slots.clear();
		this.#confirmed.clear();
		this.#order = [];
		this.#newest = 0;
		this.#isStale = true;
		for (const [id, { place }] of this.#commands)
			if (place) this.#commands.delete(id);
	}

	/**
	 * Removes the oldest rows to free memory. Adding their pages again restores them.
	 * @param most number of stored rows to keep
	 */
	trim(most: number): void {
		this.#sort();
		this.#isStale = true;
		for (const slot of this.#order.splice(0, this.#order.length - most)) {
			this.#slots.get(slot.origin?.threadId ?? "")?.replies.delete(slot);
			slot.origin = slot.row = undefined;
			// A page of the log does not repeat later amendments, so what is known from them stays.
			if (slot.version > 0) continue;
			slot.version = -1;
			slot.content = undefined;
			if (slot.asOf + slot.marks.size + slot.replies.size === 0)
				this.#slots.delete(slot.id);
		}
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
		const rows = [
			...this.#order,
			...this.#written().filter(({ origin }) => isMessage(origin)),
		].map((slot) => this.#row(slot));
		if (
			rows.length !== this.#rows.length ||
			rows.some((row, at) => row !== this.#rows[at])
		)
			this.#rows = rows;
		return this.#rows;
	}

	#row(slot: Slot): TimelineRow {
		if (slot.isStale || !slot.row) {
			const commands = this.#written().flatMap(({ status, origin }) =>
				status !== "failed" && origin && concerns(origin) === slot.id
					? [origin]
					: [],
			);
			slot.row = share(slot.row, foldRow(slot, commands, this.#userId));
			slot.isStale = false;
		}
		return slot.row;
	}

	#written(): Slot[] {
		return [...this.#commands.values()].sort(
			(a, b) => a.createdAt - b.createdAt,
		);
	}

	#add(entry: LogEntry, asOf: number): void {
		const { type, messageId, senderId, clientMessageId } = entry;
		const { targetId = messageId } = entry;
		const kind = kindOf(type);
		const { seq = kind ? this.#newest + 1 : 0 } = entry;
		this.#newest = Math.max(this.#newest, seq);
		if (!kind || targetId === undefined) return;
		if (clientMessageId !== undefined && senderId === this.#userId) {
			this.#confirmed.add(clientMessageId);
			this.discard(clientMessageId);
		}
		const slot = this.#slot(targetId);
		if (kind === "message" || kind === "notice")
			this.#load(slot, entry, seq, asOf);
		const { version = kind === "replace" ? seq : 0 } = entry;
		if (kind === "erase" || entry.deleted) {
			slot.erasedAt = Math.max(slot.erasedAt ?? 0, kind === "erase" ? seq : 0);
			slot.version = Number.POSITIVE_INFINITY;
			slot.content = undefined;
		} else if (kind === "mark") slot.marks.set(seq, entry);
		else if (version > slot.version) {
			slot.version = version;
			slot.content = contentOf(entry);
			slot.editedAt =
				version > 0
					? Date.parse(entry.editedAt ?? entry.timestamp ?? "")
					: undefined;
		}
		this.#touch(slot);
		const { threadId } = slot.origin ?? {};
		if (threadId !== undefined) this.#touch(this.#slot(threadId));
	}

	#load(slot: Slot, entry: LogEntry, seq: number, asOf: number): void {
		const { senderId, clientMessageId, threadId, timestamp = "" } = entry;
		// Content has a place of its own, so that none is left when it is erased.
		const bare = isMessage(entry) ? { ...entry, ...EMPTY } : entry;
		if (!slot.origin) {
			slot.origin = bare;
			slot.key ??= (senderId === this.#userId && clientMessageId) || slot.id;
			slot.seq = seq;
			slot.createdAt = Date.parse(timestamp);
			this.#order.push(slot);
			this.#isSorted = false;
			if (threadId !== undefined) this.#slot(threadId).replies.add(slot);
		}
		if (asOf > slot.asOf) {
			slot.base = bare;
			slot.asOf = asOf;
		}
	}

	/** Drops acknowledged commands whose place the timeline has reached. */
	#settle(): void {
		for (const [id, { place }] of this.#commands)
			if (
				place &&
				((place.seq ?? Number.POSITIVE_INFINITY) <= this.#newest ||
					this.#slots.get(place.messageId)?.origin)
			)
				this.discard(id);
	}

	#slot(id: string): Slot {
		const slot = this.#slots.get(id) ?? newSlot(id);
		this.#slots.set(id, slot);
		return slot;
	}

	/** A command changed, and with it the message that it concerns. */
	#changed(slot: Slot): void {
		this.#touch(slot);
		const id = slot.origin && concerns(slot.origin);
		if (id !== undefined) this.#touch(this.#slot(id));
	}

	#touch(slot: Slot): void {
		slot.isStale = this.#isStale = true;
	}

	#sort(): void {
		if (!this.#isSorted)
			this.#order.sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
		this.#isSorted = true;
	}
}

/** Returns the id of the message that a command concerns. */
function concerns({ targetId, threadId }: LogEntry): string | undefined {
	return targetId ?? threadId;
}
