import type { Socket } from "./transport/transport.ts";

/** How long an answer may take before the socket counts as dead. */
const ANSWER_MS = 10_000;
/** A message without an answer for this long ends a connection, though other messages arrive on it. */
const UNANSWERED_MS = 60_000;
/** By how much a timer may be early by the clock. */
const CLOCK_MS = 50;
/** Bytes a millisecond of the slowest network on which a message is waited for at the first attempt. */
const SLOWEST = 10;
/** Bytes that get no time of their own. */
const SMALL = 10_000;
/** A browser hides a message that is arriving: a network that needs longer than this passes at a later attempt. */
const MOST_PATIENCE = 8;

type Traffic = Pick<Socket, "received" | "pending">;

/**
 * Notices a socket that says it is open and is dead: after a silence it asks for something that is always answered. Bytes
 * that move in either direction are a sign of life, as far as the transport shows them; what the system's buffers hide
 * gets time by its size, and everything else by the number of connections that were taken for dead.
 */
export class Liveness {
	readonly #ask: () => boolean;
	readonly #dead: () => void;
	readonly #socket: () => Traffic | undefined;
	#lastAt = 0;
	/** A message waits for longer than it should. */
	#isLate = false;
	/** When what was sent has left the machine on a slow network. */
	#leavesAt = 0;
	#seen: Traffic = { received: 0, pending: 0 };
	/** Factor on all times; doubles with each dead connection, until an answer is prompt again. */
	#patience = 1;
	#idle: ReturnType<typeof setTimeout> | undefined;
	#deadline: ReturnType<typeof setTimeout> | undefined;

	/**
	 * @param ask sends what will be answered; false where there is no such thing.
	 * @param socket the one in use
	 */
	constructor(
		ask: () => boolean,
		dead: () => void,
		socket: () => Traffic | undefined,
	) {
		this.#ask = ask;
		this.#dead = dead;
		this.#socket = socket;
	}

	/** Something arrived. */
	alive(): void {
		this.#lastAt = Date.now();
		// What came until now must not pass for life the next time, which may be after a sleep.
		this.#look();
		this.#expectNothing();
	}

	/**
	 * Notes a message that will be answered. Called before the socket has it: the system takes a small message at once, also
	 * on a dead connection, so bytes that leave are a sign of life only where they waited already.
	 * @param bytes its length
	 */
	sent(bytes: number): void {
		this.#look();
		this.#leavesAt =
			Math.max(this.#leavesAt, Date.now()) +
			Math.max(0, bytes - SMALL) / SLOWEST;
	}

	/** A question or a message was answered. */
	answered(): void {
		if (!this.#isLate) this.#patience = 1;
		this.#isLate = false;
		this.#leavesAt = 0;
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
		if (this.#deadline !== undefined) return;
		this.#look();
		if (this.#ask()) this.expect();
	}

	/**
	 * A message has no answer yet. Where no byte moved since it left, nobody is there; where bytes move, it may be behind them.
	 * @param ms since it was sent
	 */
	suspect(ms: number): void {
		const now = Date.now();
		this.#isLate = true;
		this.#look();
		const wait = ANSWER_MS * this.#patience - CLOCK_MS;
		const isQuiet = now - Math.max(this.#lastAt, this.#leavesAt) >= wait;
		if (
			isQuiet ||
			(ms >= UNANSWERED_MS * this.#patience && now > this.#leavesAt)
		)
			this.#die();
		else if (now > this.#leavesAt) this.check();
	}

	/** Something is about to arrive, or the socket is dead. */
	expect(): void {
		this.#expectNothing();
		this.#deadline = setTimeout(
			() => {
				this.#deadline = undefined;
				if (this.#look()) this.expect();
				else this.#die();
			},
			ANSWER_MS * this.#patience + Math.max(0, this.#leavesAt - Date.now()),
		);
	}

	stop(): void {
		clearTimeout(this.#idle);
		this.#leavesAt = 0;
		this.#isLate = false;
		this.#expectNothing();
	}

	/** Whether bytes moved since it was last called; that they did is a sign of life. */
	#look(): boolean {
		const { received, pending } = this.#socket() ?? this.#seen;
		const isMoving =
			received !== this.#seen.received || pending < this.#seen.pending;
		this.#seen = { received, pending };
		if (isMoving) this.#lastAt = Date.now();
		return isMoving;
	}

	#die(): void {
		this.#patience = Math.min(this.#patience * 2, MOST_PATIENCE);
		this.#dead();
	}

	#expectNothing(): void {
		clearTimeout(this.#deadline);
		this.#deadline = undefined;
	}
}
