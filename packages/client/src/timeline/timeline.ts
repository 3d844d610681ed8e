import type { ChatError } from "../errors.ts";
import { contentOf, EMPTY } from "./content.ts";
import type { Command, LogEntry, Place } from "./entries.ts";
import { foldRow } from "./fold.ts";
import type { TimelineRow } from "./rows.ts";
import { sameList } from "./same-list.ts";
import { share } from "./share.ts";
import { ERASED, isMessage, kindOf, newSlot, type Slot } from "./slot.ts";

/**
 * Entries that set marks of a message, and that are folded again after each change. When there are more, those of a
 * loaded message become part of what it showed: older entries and pages that come later do not change its marks. A
 * message that is not loaded keeps this many, which a page on its way may lack.
 */
const MOST_MARKS = 200;

/**
 * Messages of one conversation with their amendments, and above them this user's commands that the server has not
 * confirmed. It accepts entries and pages in any order and any number of times. It does no I/O.
 */
export class Timeline {
	#userId: string | undefined;
	/** Messages by id, including those of which only amendments are known. */
	readonly #slots = new Map<string, Slot>();
	/** Loaded messages and notices. Only `rows` sorts them. */
	#order: Slot[] = [];
	/** Commands whose entries have not been added, by `clientMessageId`. */
	readonly #commands = new Map<string, Slot>();
	/** `clientMessageId` of this user's entries. The report of the outbox may come after the entry. */
	readonly #confirmed = new Set<string>();
	/** `seq` of the newest entry that was added or is folded into a page. */
	#newest = 0;
	#rows: readonly TimelineRow[] = [];
	#isStale = false;

	/** @param userId this user's id; undefined while it is unknown */
	constructor(userId?: string) {
		this.#userId = userId;
	}

	/** Sets this user's id. Call it before the first entry is added, because keys do not change. */
	identify(userId: string): void {
		this.#userId = userId;
		for (const slot of this.#commands.values()) this.#touch(slot);
	}

	/**
	 * Adds live entries, a page of the log, or a page of the timeline.
	 * @param asOf `as_of_seq` of a page of the timeline; 0 for entries of the log
	 */
	add(entries: Iterable<LogEntry>, asOf = 0): void {
		for (const entry of entries) this.#add(entry, asOf);
		this.#newest = Math.max(this.#newest, asOf);
		// The places of these commands are part of what is shown now, or come with older pages.
		for (const [id, { place }] of this.#commands)
			if (
				place &&
				((place.seq ?? ERASED) <= this.#newest ||
					this.#slots.get(place.messageId)?.origin.type)
			)
				this.discard(id);
	}

	/**
	 * Shows a command of this user, or its changed status. Changes nothing if its entry was added before.
	 * @param status `failed`: the server refused the command. A message stays as failed until it is discarded; an
	 * amendment is taken back.
	 */
	write(
		command: Command,
		status: "queued" | "sent" | "failed" = "queued",
		error?: ChatError,
	): void {
		const { clientMessageId: key, createdAt } = command;
		if (status === "failed" && !isMessage(command)) this.discard(key);
		else if (!this.#confirmed.has(key)) {
			const slot = this.#commands.get(key) ?? newSlot("");
			this.#commands.set(key, slot);
			Object.assign(slot, {
				origin: command,
				about: command.targetId ?? command.threadId,
				key,
				createdAt,
				status,
				error,
				content: contentOf(command),
			});
			this.#touch(slot);
		}
	}

	/**
	 * Notes the server's answer to a command that makes no entry now (`ack`), or the place of an entry that is still to be
	 * added. The command is shown until the timeline reaches that place.
	 */
	acknowledge(clientMessageId: string, place: Place): void {
		const slot = this.#commands.get(clientMessageId);
		if (!slot) return;
		slot.place = place;
		// A server that implements only the original protocol document does not repeat the client's id.
		if (isMessage(slot.origin))
			this.#slot(place.messageId).key ??= clientMessageId;
		this.add([]);
	}

	/** Removes a command. Returns false if it is not shown. */
	discard(clientMessageId: string): boolean {
		const slot = this.#commands.get(clientMessageId);
		if (slot) this.#touch(slot);
		return this.#commands.delete(clientMessageId);
	}

	/** Forgets everything that came from the log, because it was replaced or to free memory. Keeps commands. */
	reset(): void {
		this.#slots.clear();
		this.#confirmed.clear();
		this.#order = [];
		this.#newest = 0;
		this.#isStale = true;
		for (const [id, { place }] of this.#commands)
			if (place) this.#commands.delete(id);
	}

	/** Returns the row of a loaded message, for example of a message that another answers. */
	get(messageId: string): TimelineRow | undefined {
		const slot = this.#slots.get(messageId);
		return slot?.origin.type ? this.#row(slot) : undefined;
	}

	/**
	 * Returns all rows: stored messages and notices in order of `seq`, then this user's other messages in order of
	 * writing. Returns the same array until a row changes.
	 */
	rows(): readonly TimelineRow[] {
		if (this.#isStale) {
			this.#isStale = false;
			this.#order.sort((a, b) => a.seq - b.seq);
			this.#rows = sameList(
				this.#rows,
				this.#order
					.concat(this.#written().filter(({ origin }) => isMessage(origin)))
					.map((slot) => this.#row(slot)),
			);
		}
		return this.#rows;
	}

	#row(slot: Slot): TimelineRow {
		if (slot.isStale || !slot.row) {
			const commands = this.#written()
				.filter(({ status, about }) => about === slot.id && status !== "failed")
				.map(({ origin }) => origin);
			slot.row = share(slot.row, foldRow(slot, commands, this.#userId));
			slot.isStale = false;
		}
		return slot.row;
	}

	/** Returns the commands in order of writing. */
	#written(): Slot[] {
		return [...this.#commands.values()].sort(
			(a, b) => a.createdAt - b.createdAt,
		);
	}

	#add(entry: LogEntry, asOf: number): void {
		const kind = kindOf(entry);
		const {
			messageId,
			senderId,
			clientMessageId,
			threadId,
			timestamp,
			targetId = messageId,
			seq = kind ? this.#newest + 1 : 0,
			version = kind === "replace" ? seq : 0,
		} = entry;
		this.#newest = Math.max(this.#newest, seq);
		if (!kind || !targetId) return;
		const ownId = senderId === this.#userId && clientMessageId;
		if (ownId) {
			this.#confirmed.add(ownId);
			this.discard(ownId);
		}
		const slot = this.#slot(targetId);
		// Only an amendment has a target.
		if (targetId === messageId) {
			// Content has a place of its own, so that none is left when it is erased.
			const bare = isMessage(entry) ? { ...entry, ...EMPTY } : entry;
			if (!slot.origin.type) {
				slot.origin = bare;
				slot.about = threadId;
				slot.key ??= ownId || targetId;
				slot.seq = seq;
				slot.createdAt = Date.parse(timestamp as string);
				this.#order.push(slot);
				if (threadId) this.#slot(threadId).replies.add(slot);
			}
			if (asOf > slot.asOf) {
				slot.base = bare;
				slot.asOf = asOf;
			}
		}
		if (kind === "mark") {
			const { marks } = slot;
			marks.set(seq, entry);
			// The other entries of a page of the log may be older, and still to be added.
			if (seq === this.#newest && marks.size > MOST_MARKS)
				if (slot.origin.type) {
					slot.base = { ...foldRow(slot, [], this.#userId), ...EMPTY };
					slot.asOf = seq;
					marks.clear();
				} else {
					// The page that shows the message contains this entry.
					const [oldest] = marks.keys();
					marks.delete(oldest as number);
				}
		} else if (kind === "erase" || entry.deleted) {
			slot.version = ERASED;
			slot.content = undefined;
			if (kind === "erase") slot.erasedAt = seq;
		} else if (version >= slot.version) {
			slot.version = version;
			slot.content = {
				...contentOf(entry),
				version,
				editedAt: version
					? Date.parse((entry.editedAt ?? timestamp) as string)
					: undefined,
			};
		}
		this.#touch(slot);
	}

	#slot(id: string): Slot {
		const slot = this.#slots.get(id) ?? newSlot(id);
		this.#slots.set(id, slot);
		return slot;
	}

	/** The slot changed, and with it the message that it concerns. */
	#touch(slot: Slot): void {
		slot.isStale = this.#isStale = true;
		if (slot.about) this.#slot(slot.about).isStale = true;
	}
}
