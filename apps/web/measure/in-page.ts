/** What runs in the page. Each function is sent there as text: it knows nothing of this file. */

export interface Frames {
	/** Milliseconds between frames. */
	readonly gaps: readonly number[];
	/** Whether the end was reached. */
	readonly isThere: boolean;
}

/** From the navigation until the first message was painted, milliseconds. */
export function untilFirstMessage(): Promise<number> {
	return new Promise((resolve) => {
		const look = (): void => {
			if (document.querySelector(".message")) {
				// The frame after the one in which it is there has painted it.
				requestAnimationFrame(() =>
					requestAnimationFrame(() => resolve(performance.now())),
				);
			} else requestAnimationFrame(look);
		};
		look();
	});
}

/** From the navigation until something was painted, milliseconds. */
export function firstPaint(): number {
	const [paint] = performance.getEntriesByName("first-contentful-paint");
	return paint?.startTime ?? Number.NaN;
}

/** Scrolls by so much at every frame, until the end, or for as long. */
export function scroll([by, mostMs]: readonly [
	number,
	number,
]): Promise<Frames> {
	return new Promise((resolve) => {
		const scroller = document.querySelector(".scroller");
		if (!scroller) throw new Error("there is no list");
		const gaps: number[] = [];
		const begun = performance.now();
		let last = begun;
		let still = 0;
		const isEnd = (): boolean =>
			by < 0
				? scroller.scrollTop < 5 &&
					document.body.textContent.includes(
						"This is where the conversation begins",
					)
				: scroller.scrollTop + scroller.clientHeight >=
					scroller.scrollHeight - 5;
		const turn = (now: number): void => {
			gaps.push(now - last);
			last = now;
			still = isEnd() ? still + 1 : 0;
			if (still > 10 || now - begun > mostMs)
				resolve({ gaps: gaps.slice(1), isThere: still > 10 });
			else {
				scroller.scrollTop += by;
				requestAnimationFrame(turn);
			}
		};
		requestAnimationFrame(turn);
	});
}

/** Begins to note how long the page takes from a key to the picture that shows it, milliseconds. */
export function watchKeys(): void {
	const delays: number[] = [];
	const gaps: number[] = [];
	Object.assign(globalThis, { delays, gaps });
	new PerformanceObserver((list) => {
		for (const { name, duration } of list.getEntries())
			if (name === "keydown") delays.push(duration);
	}).observe({
		type: "event",
		durationThreshold: 16,
	} as PerformanceObserverInit);
	let last = performance.now();
	const turn = (now: number): void => {
		gaps.push(now - last);
		last = now;
		requestAnimationFrame(turn);
	};
	requestAnimationFrame(turn);
}

export function watched(): { delays: number[]; gaps: number[] } {
	return {
		delays: Reflect.get(globalThis, "delays") as number[],
		gaps: Reflect.get(globalThis, "gaps") as number[],
	};
}
