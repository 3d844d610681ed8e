import type { Socket } from "./transport/transport.ts";

/** Time limit for an answer, after which the socket counts as dead. */
const ANSWER_MS = 10_000;
/** A message without an answer for this long ends a connection, even while other messages arrive on it. */
const UNANSWERED_MS = 60_000;
/** Tolerance for timers that fire early by the clock. */
const CLOCK_MS = 50;
/** Bytes per millisecond of the slowest network on which the first attempt still waits for a message. */
const SLOWEST = 10;
/** Messages up to this many bytes get no extra time. */
const SMALL = 10_000;
/**
 * A browser hides a message that is still arriving. On a network that needs more time, a later attempt succeeds.
 */
const MOST_PATIENCE = 8;

type Traffic = Pick<Socket, "received" | "pending">;

/**
 * Detects a socket that reports that it is open but is dead. After a silence it sends a frame that the server
 * always answers. Bytes that move in either direction are a sign of life, if the transport shows them. Bytes hidden
 * in the system's buffers get extra time by their size. All times grow with the number of connections that were
 * declared dead.
 */
export class Liveness {
	readonly #ask: () => boolean;
	readonly #dead: () => void;
	readonly #socket: () => Traffic | undefined;
	#lastAt = 0;
	/** Whether a message has waited longer than it should. */
	#isLate = false;
	/** Time when the sent bytes have left the machine on a slow network. */
	#leavesAt = 0;
	#seen: Traffic = { received: 0, pending: 0 };
	/** Factor on all times; doubles with each dead connection, until an answer is prompt again. */
	#patience = 1;
	#idle: ReturnType<typeof setTimeout> | undefined;
	#deadline: ReturnType<typeof setTimeout> | undefined;

	/**
	 * Creates a detector.
	 * @param ask sends a frame that the server answers; returns false if there is no such frame
	 * @param socket returns the current socket
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

	/** Records that data arrived. */
	alive(): void {
		this.#lastAt = Date.now();
		// Bytes counted so far must not pass as a sign of life at the next check, which may come after a sleep.
		this.#look();
		this.#expectNothing();
	}

	/**
	 * Notes a message that the server will answer. Call it before the socket has the message: the system accepts a
	 * small message at once, also on a dead connection, so outgoing bytes are a sign of life only if they waited
	 * before.
	 * @param bytes length of the message
	 */
	sent(bytes: number): void {
		this.#look();
		this.#leavesAt =
			Math.max(this.#leavesAt, Date.now()) +
			Math.max(0, bytes - SMALL) / SLOWEST;
	}

	/** Records that a question or a message was answered. */
	answered(): void {
		if (!this.#isLate) this.#patience = 1;
		this.#isLate = false;
		this.#leavesAt = 0;
	}

	/** Starts the watch. @param silenceMs milliseconds of silence before a check */
	watch(silenceMs: number): void {
		clearTimeout(this.#idle);
		const left = silenceMs - (Date.now() - this.#lastAt);
		if (left <= 0) this.check();
		this.#idle = setTimeout(
			() => this.watch(silenceMs),
			// A clock set back makes a silence negative, a clock set forward makes it long. Neither may make the
			// timer spin.
			left > 0 ? Math.min(left, silenceMs) : ANSWER_MS,
		);
	}

	/** Sends a check at once. */
	check(): void {
		if (this.#deadline !== undefined) return;
		this.#look();
		if (this.#ask()) this.expect();
	}

	/**
	 * Judges a message without an answer. If no byte has moved since it left, the connection is dead. If bytes
	 * move, the answer may still be behind them.
	 * @param ms milliseconds since the message was sent
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

	/** Declares the socket dead unless data arrives in time. */
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

	/** Returns whether bytes moved since the last call. Movement is a sign of life. */
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
