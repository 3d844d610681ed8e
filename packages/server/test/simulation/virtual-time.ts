import type { Scheduler, Timer } from "../../src/fair/scheduler.ts";

interface Due {
	readonly at: number;
	/** Decides between what is due at the same time. */
	readonly order: number;
	readonly work: () => void;
	isCancelled: boolean;
}

/** Longest time in milliseconds from one turn of a process's event loop to the next. */
const TURN_MS = 2;

/**
 * Time of a simulation. Nothing waits: the clock jumps to what is due next. A seeded generator decides the order of
 * what is due at the same time, so a run with the same seed is the same run.
 */
export class VirtualTime {
	readonly random: () => number;
	#now = Date.UTC(2026, 0, 1);
	/** Binary heap, the next at the front. */
	readonly #heap: Due[] = [];

	constructor(random: () => number) {
		this.random = random;
	}

	get now(): number {
		return this.#now;
	}

	/** Calls `work` after `ms` milliseconds of virtual time. */
	after(ms: number, work: () => void): Timer {
		const due = {
			at: this.#now + ms,
			order: this.random(),
			work,
			isCancelled: false,
		};
		push(this.#heap, due);
		return due;
	}

	cancel(timer: Timer | undefined): void {
		if (timer) (timer as Due).isCancelled = true;
	}

	/** Returns a whole number from 0 to `below` - 1. */
	pick(below: number): number {
		return Math.floor(this.random() * below);
	}

	/** Resolves after `ms` milliseconds of virtual time. */
	wait(ms: number): Promise<void> {
		return new Promise((resolve) => this.after(ms, resolve));
	}

	/** Runs everything that is due within `ms` milliseconds. */
	async run(ms: number): Promise<void> {
		const end = this.#now + ms;
		for (;;) {
			// What follows in microtasks belongs to the same moment.
			await new Promise(setImmediate);
			const next = this.#heap[0];
			if (!next || next.at > end) break;
			pop(this.#heap);
			if (next.isCancelled) continue;
			this.#now = Math.max(this.#now, next.at);
			next.work();
		}
		this.#now = end;
	}
}

/** Scheduler of one simulated process. After {@link kill} nothing of the process runs any more. */
export class ProcessTime implements Scheduler {
	readonly #time: VirtualTime;
	#isAlive = true;
	#turns: (() => void)[] = [];

	constructor(time: VirtualTime) {
		this.#time = time;
	}

	get isAlive(): boolean {
		return this.#isAlive;
	}
	now(): number {
		return Math.floor(this.#time.now);
	}
	elapsed(): number {
		return this.#time.now;
	}
	after(ms: number, work: () => void): Timer {
		return this.#time.after(ms, () => {
			if (this.#isAlive) work();
		});
	}
	every(ms: number, work: () => void): Timer {
		const timer = { next: {} as Timer };
		const repeat = (): void => {
			timer.next = this.after(ms, () => {
				repeat();
				work();
			});
		};
		repeat();
		return timer;
	}
	cancel(timer: Timer | undefined): void {
		this.#time.cancel(timer && "next" in timer ? (timer.next as Timer) : timer);
	}
	/** All work of one turn runs together and in order, as in Node. */
	nextTurn(work: () => void): void {
		this.#turns.push(work);
		if (this.#turns.length > 1) return;
		this.after(this.#time.random() * TURN_MS, () => {
			const turns = this.#turns;
			this.#turns = [];
			for (const turn of turns) turn();
		});
	}
	kill(): void {
		this.#isAlive = false;
	}
}

function isBefore(a: Due, b: Due): boolean {
	return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Due[], due: Due): void {
	let i = heap.push(due) - 1;
	for (;;) {
		const parent = (i - 1) >> 1;
		const above = heap[parent];
		if (i === 0 || !above || !isBefore(due, above)) break;
		heap[i] = above;
		i = parent;
	}
	heap[i] = due;
}

function pop(heap: Due[]): void {
	const last = heap.pop();
	if (!last || heap.length === 0) return;
	let i = 0;
	for (;;) {
		let child = 2 * i + 1;
		const left = heap[child];
		if (!left) break;
		const right = heap[child + 1];
		if (right && isBefore(right, left)) child++;
		const smallest = heap[child] as Due;
		if (!isBefore(smallest, last)) break;
		heap[i] = smallest;
		i = child;
	}
	heap[i] = last;
}
