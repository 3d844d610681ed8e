/** How long an answer may take before the socket counts as dead. */
const ANSWER_MS = 10_000;
/** By how much a timer may be early by the clock. */
const CLOCK_MS = 50;

/**
 * Notices a socket that says it is open and is dead: after a silence it has something sent that is always answered, and
 * whatever arrives is a sign of life.
 */
export class Liveness {
	readonly #ask: () => boolean;
	readonly #dead: () => void;
	#lastAt = 0;
	#idle: ReturnType<typeof setTimeout> | undefined;
	#deadline: ReturnType<typeof setTimeout> | undefined;

	/** @param ask sends what will be answered; false where there is no such thing. */
	constructor(ask: () => boolean, dead: () => void) {
		this.#ask = ask;
		this.#dead = dead;
	}

	/** Something arrived. */
	alive(): void {
		this.#lastAt = Date.now();
		this.#expectNothing();
	}

	/** Watches from now on. @param silenceMs after which to ask */
	watch(silenceMs: number): void {
		clearTimeout(this.#idle);
		const left = silenceMs - (Date.now() - this.#lastAt);
		if (left <= 0) this.check();
		this.#idle = setTimeout(
			() => this.watch(silenceMs),
			// A clock that was set back makes a silence negative, one set forward long: neither may make the timer spin.
			left > 0 ? Math.min(left, silenceMs) : ANSWER_MS,
		);
	}

	/** Asks now. */
	check(): void {
		if (this.#deadline === undefined && this.#ask()) this.expect();
	}

	/** Something was sent that should have been answered by now. Where nothing at all came since, nobody is there. */
	suspect(): void {
		if (Date.now() - this.#lastAt >= ANSWER_MS - CLOCK_MS) this.#dead();
		else this.check();
	}

	/** Something is about to arrive, or the socket is dead. */
	expect(): void {
		this.#expectNothing();
		this.#deadline = setTimeout(() => {
			this.#deadline = undefined;
			this.#dead();
		}, ANSWER_MS);
	}

	stop(): void {
		clearTimeout(this.#idle);
		this.#expectNothing();
	}

	#expectNothing(): void {
		clearTimeout(this.#deadline);
		this.#deadline = undefined;
	}
}
