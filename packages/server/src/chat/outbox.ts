import type { Framing, Subscriber } from "./ports.ts";

interface Due {
	readonly frame: Uint8Array;
	/** Who gets it: everyone, everyone but one, or one alone. */
	readonly to: "all" | { readonly except: string } | { readonly only: string };
}

/** What one flush has for a room: bytes for everyone, and other bytes for the few that a frame leaves out or is for. */
export interface Joined {
	readonly common: Uint8Array;
	readonly special: ReadonlyMap<string, SpecialBytes>;
}

/** `all` in the place of the common bytes; `own` is the part that is for this connection alone. */
interface SpecialBytes {
	readonly all: Uint8Array;
	readonly own: Uint8Array;
}

/**
 * The frames that are due in this turn of the event loop, joined so that each socket is written once per turn, and the
 * same bytes go to all that get the same frames.
 */
export class Outbox {
	readonly #framing: Framing;
	#due: Due[] = [];

	constructor(framing: Framing) {
		this.#framing = framing;
	}

	get isEmpty(): boolean {
		return this.#due.length === 0;
	}

	toAll(json: string): void {
		this.#due.push({ frame: this.#framing(json), to: "all" });
	}
	toOthers(json: string, except: string): void {
		this.#due.push({ frame: this.#framing(json), to: { except } });
	}
	toOne(json: string, subscriber: Subscriber): void {
		this.#due.push({
			frame: this.#framing(json),
			to: { only: subscriber.id },
		});
	}

	take(): Joined {
		const due = this.#due;
		this.#due = [];
		const special = new Map<string, SpecialBytes>();
		for (const { to } of due) {
			if (to === "all") continue;
			const id = "except" in to ? to.except : to.only;
			if (special.has(id)) continue;
			special.set(id, {
				all: join(due.filter((item) => isFor(item, id))),
				own: join(due.filter((item) => isForAlone(item, id))),
			});
		}
		return {
			common: join(due.filter(({ to }) => to === "all" || "except" in to)),
			special,
		};
	}
}

function isFor(item: Due, id: string): boolean {
	if (item.to === "all") return true;
	return "except" in item.to ? item.to.except !== id : isForAlone(item, id);
}

function isForAlone({ to }: Due, id: string): boolean {
	return to !== "all" && "only" in to && to.only === id;
}

function join(due: readonly Due[]): Uint8Array {
	const [first] = due;
	if (due.length === 1 && first) return first.frame;
	return Buffer.concat(due.map(({ frame }) => frame));
}
