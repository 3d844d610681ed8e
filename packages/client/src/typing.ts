/**
 * The "don't send on every keystroke" of the original protocol document: at most one `typing` frame in this time.
 */
const SEND_EVERY_MS = 3000;
/** A user counts as no longer typing after this time without a frame, which is two sending intervals. */
const IDLE_MS = 2 * SEND_EVERY_MS;

/** Sends `typing` frames at a limited rate. Call it at every keystroke; it is silent when the user stops. */
export class TypingSender {
	readonly #send: () => void;
	#sentAt = Number.NEGATIVE_INFINITY;

	constructor(send: () => void) {
		this.#send = send;
	}

	typed(): void {
		const now = performance.now();
		if (now - this.#sentAt < SEND_EVERY_MS) return;
		this.#sentAt = now;
		this.#send();
	}

	/** The message was sent: the next keystroke sends a frame at once. */
	sent(): void {
		this.#sentAt = Number.NEGATIVE_INFINITY;
	}
}

/** Users who are typing, until they stop, send their message, or leave. */
export class TypingUsers {
	readonly #changed: () => void;
	readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

	constructor(changed: () => void) {
		this.#changed = changed;
	}

	get users(): readonly string[] {
		return [...this.#timers.keys()];
	}

	typing(userId: string): void {
		const timer = this.#timers.get(userId);
		clearTimeout(timer);
		this.#timers.set(
			userId,
			setTimeout(() => this.stopped(userId), IDLE_MS),
		);
		if (timer === undefined) this.#changed();
	}

	stopped(userId: string): void {
		clearTimeout(this.#timers.get(userId));
		if (this.#timers.delete(userId)) this.#changed();
	}

	clear(): void {
		for (const userId of this.users) this.stopped(userId);
	}
}
