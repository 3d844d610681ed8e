import type { Framing, Subscriber } from "./ports.ts";

/** What one connection is to be written, in order. */
export type Parts = readonly Uint8Array[];

/** What one flush has for a room, in both forms; the compact one is made if anybody takes it. */
export interface Flush {
	readonly plain: Joined;
	readonly compact: Joined;
}

/** What one flush has for a room: bytes for everyone, and other bytes for the few that a frame leaves out or is for. */
interface Joined {
	readonly common: Parts;
	readonly special: ReadonlyMap<string, SpecialParts>;
}

/** `all` in the place of the common bytes; `own` is the part that is for this connection alone. */
interface SpecialParts {
	readonly all: Parts;
	readonly own: Parts;
}

interface Due {
	readonly frame: Uint8Array;
	/** Who gets it: everyone, everyone but one, or one alone. */
	readonly to: "all" | { readonly except: string } | { readonly only: string };
}

/** Somebody who comes now, and to whom nothing is due that was due before. */
interface Newcomer {
	readonly newcomer: string;
}

/** A place in the common bytes where one connection gets something else: less, or a frame of its own. */
interface Mark {
	readonly start: number;
	readonly end: number;
	readonly own: Uint8Array | undefined;
}

/**
 * The frames that are due in this turn of the event loop, joined so that each socket is written once per turn, and the
 * same bytes go to all that get the same frames.
 */
export class Outbox {
	readonly #framing: Framing;
	#due: (Due | Newcomer)[] = [];
	#sharedBytes = 0;

	constructor(framing: Framing) {
		this.#framing = framing;
	}

	get isEmpty(): boolean {
		return this.#due.length === 0;
	}

	/** Bytes that are due to everyone, or to everyone but one. */
	get sharedBytes(): number {
		return this.#sharedBytes;
	}

	toAll(json: string): void {
		this.#share(json, "all");
	}
	toOthers(json: string, except: string): void {
		this.#share(json, { except });
	}
	toOne(json: string, subscriber: Subscriber): void {
		this.#due.push({
			frame: this.#framing.frame(json),
			to: { only: subscriber.id },
		});
	}

	/** Leaves out for one what is due so far. */
	skip({ id }: Subscriber): void {
		if (!this.isEmpty) this.#due.push({ newcomer: id });
	}

	#share(json: string, to: Due["to"]): void {
		const frame = this.#framing.frame(json);
		this.#due.push({ frame, to });
		this.#sharedBytes += frame.length;
	}

	take(): Flush {
		const due = this.#due;
		const { compact } = this.#framing;
		this.#due = [];
		this.#sharedBytes = 0;
		let smaller: Joined | undefined;
		return {
			plain: join(due, (frame) => frame),
			get compact() {
				smaller ??= join(due, compact);
				return smaller;
			},
		};
	}
}

/** Most flushes have the same for everyone. */
const NOBODY: ReadonlyMap<string, SpecialParts> = new Map();

/**
 * Costs no more than what is due: those who get other bytes share the common ones between their marks.
 * @param form what to make of a frame that several get.
 */
function join(
	due: readonly (Due | Newcomer)[],
	form: (frame: Uint8Array) => Uint8Array,
): Joined {
	const shared: Uint8Array[] = [];
	let marks: Map<string, Mark[]> | undefined;
	let length = 0;
	const mark = (id: string, start: number, own?: Uint8Array): void => {
		marks ??= new Map();
		const others = marks.get(id);
		const added = { start, end: length, own };
		if (others) others.push(added);
		else marks.set(id, [added]);
	};
	for (const item of due) {
		if ("newcomer" in item) {
			marks?.delete(item.newcomer);
			mark(item.newcomer, 0);
			continue;
		}
		const { frame, to } = item;
		const start = length;
		const isShared = to === "all" || "except" in to;
		if (isShared) {
			const formed = form(frame);
			shared.push(formed);
			length += formed.length;
		}
		if (to === "all") continue;
		if ("except" in to) mark(to.except, start);
		else mark(to.only, start, frame);
	}
	const [first] = shared;
	const common =
		shared.length === 1 && first ? first : Buffer.concat(shared, length);
	const parts = notEmpty([common]);
	if (!marks) return { common: parts, special: NOBODY };
	const special = new Map<string, SpecialParts>();
	for (const [id, own] of marks) special.set(id, around(common, own));
	return { common: parts, special };
}

function around(common: Uint8Array, marks: readonly Mark[]): SpecialParts {
	const all: Uint8Array[] = [];
	const alone: Uint8Array[] = [];
	let taken = 0;
	for (const { start, end, own } of marks) {
		all.push(common.subarray(taken, start));
		taken = end;
		if (!own) continue;
		all.push(own);
		alone.push(own);
	}
	all.push(common.subarray(taken));
	return { all: notEmpty(all), own: alone };
}

function notEmpty(parts: Parts): Parts {
	return parts.filter(({ length }) => length > 0);
}
