/** How long an answer may take before the socket counts as dead. */
const ANSWER_MS = 10_000;

/**
 * Notices a socket that says it is open and is dead: after a silence it has something sent that is always answered, and
 * whatever arrives is a sign of life. Timers are two, and neither is touched when a frame arrives.
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
	}

	/** Watches from now on. @param silenceMs after which to ask */
	watch(silenceMs: number): void {
		clearTimeout(this.#idle);
		const silent = Date.now() - this.#lastAt;
		this.#idle = setTimeout(
			() => {
				if (Date.now() - this.#lastAt >= silenceMs) this.check();
				this.watch(silenceMs);
			},
			// A clock that was set back makes a silence negative, one set forward long: neither may make the timer spin.
			Math.min(Math.max(silenceMs - silent, ANSWER_MS), silenceMs),
		);
	}

	/** Asks now. */
	check(): void {
		if (this.#deadline === undefined && this.#ask()) this.expect();
	}

	/** Something is about to arrive, or the socket is dead. */
	expect(): void {
		clearTimeout(this.#deadline);
		const askedAt = Date.now();
		this.#lastAt = Math.min(this.#lastAt, askedAt - 1);
		this.#deadline = setTimeout(() => {
			this.#deadline = undefined;
			if (this.#lastAt < askedAt) this.#dead();
		}, ANSWER_MS);
	}

	stop(): void {
		clearTimeout(this.#idle);
		clearTimeout(this.#deadline);
		this.#deadline = undefined;
	}
}
