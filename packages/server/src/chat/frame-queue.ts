import type { Framing, Subscriber } from "./ports.ts";

/** Bytes to write to one connection, in order. */
export type Parts = readonly Uint8Array[];

/** Bytes of one flush of a room, in both forms. The compact form is made only if a connection takes it. */
export interface Flush {
	readonly plain: Joined;
	readonly compact: Joined;
}

/**
 * Bytes of one flush of a room: `common` for most connections, `special` for the few that a frame excludes or
 * addresses.
 */
interface Joined {
	readonly common: Parts;
	readonly special: ReadonlyMap<string, SpecialParts>;
}

/** Bytes for one connection. `all` replaces the common bytes. `own` is the part for this connection only. */
interface SpecialParts {
	readonly all: Parts;
	readonly own: Parts;
}

interface QueuedFrame {
	readonly frame: Uint8Array;
	/** Recipients: all connections, all except some, or only one. */
	readonly to:
		| "all"
		| { readonly except: readonly string[] }
		| { readonly only: string };
}

/** Connection that joins now and receives nothing that was queued before. */
interface Newcomer {
	readonly newcomer: string;
}

/** Range of the common bytes that one connection does not receive, or at which it receives a frame of its own. */
interface SpecialRange {
	readonly start: number;
	readonly end: number;
	readonly own: Uint8Array | undefined;
}

/**
 * Queue of the frames of this turn of the event loop. It joins them, so that the room writes each socket once per turn.
 * Connections that receive the same frames share the same bytes.
 */
export class FrameQueue {
	readonly #framing: Framing;
	#due: (QueuedFrame | Newcomer)[] = [];
	#sharedBytes = 0;

	constructor(framing: Framing) {
		this.#framing = framing;
	}

	get isEmpty(): boolean {
		return this.#due.length === 0;
	}

	/** Returns the number of queued bytes that go to all connections or to all except some. */
	get sharedBytes(): number {
		return this.#sharedBytes;
	}

	toAll(json: string): void {
		this.#share(json, "all");
	}
	toOthers(json: string, except: string): void {
		this.#share(json, { except: [except] });
	}
	toAllExcept(json: string, except: readonly string[]): void {
		this.#share(json, { except });
	}
	toOne(json: string, subscriber: Subscriber): void {
		this.#due.push({
			frame: this.#framing.frame(json),
			to: { only: subscriber.id },
		});
	}

	/** Excludes a connection from everything queued so far. */
	skip({ id }: Subscriber): void {
		if (!this.isEmpty) this.#due.push({ newcomer: id });
	}

	/** Removes and returns the queued frames that only this connection receives. */
	withdraw({ id }: Subscriber): Uint8Array[] {
		const own: Uint8Array[] = [];
		this.#due = this.#due.filter((item) => {
			if (!("frame" in item) || !isOnlyFor(item.to, id)) return true;
			own.push(item.frame);
			return false;
		});
		return own;
	}

	#share(json: string, to: QueuedFrame["to"]): void {
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

/** Shared by all flushes that send the same bytes to every connection, which most flushes do. */
const NOBODY: ReadonlyMap<string, SpecialParts> = new Map();

/**
 * Joins the queued frames. The cost depends only on the queued bytes, because connections with special bytes share the
 * common bytes between their marks.
 * @param form converts a frame that several connections receive
 */
function join(
	due: readonly (QueuedFrame | Newcomer)[],
	form: (frame: Uint8Array) => Uint8Array,
): Joined {
	const shared: Uint8Array[] = [];
	let marks: Map<string, SpecialRange[]> | undefined;
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
		if ("only" in to) mark(to.only, start, frame);
		else for (const id of to.except) mark(id, start);
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

function isOnlyFor(to: QueuedFrame["to"], id: string): boolean {
	return typeof to === "object" && "only" in to && to.only === id;
}

function around(
	common: Uint8Array,
	marks: readonly SpecialRange[],
): SpecialParts {
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
