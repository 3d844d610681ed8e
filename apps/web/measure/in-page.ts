/** Functions that run in the page. They are sent as text, so they cannot use other parts of this file. */

export interface Frames {
	/** Milliseconds between frames. */
	readonly gaps: readonly number[];
	/** Whether scrolling reached the end. */
	readonly isThere: boolean;
}

/** Measures the time from the navigation to the paint of the first message, in milliseconds. */
export function untilFirstMessage(): Promise<number> {
	return new Promise((resolve) => {
		const look = (): void => {
			if (document.querySelector(".message")) {
				// The message is painted in the frame after the one that contains it.
				requestAnimationFrame(() =>
					requestAnimationFrame(() => resolve(performance.now())),
				);
			} else requestAnimationFrame(look);
		};
		look();
	});
}

/** Returns the time from the navigation to the first paint, in milliseconds. */
export function firstPaint(): number {
	const [paint] = performance.getEntriesByName("first-contentful-paint");
	return paint?.startTime ?? Number.NaN;
}

/** Scrolls by a step at every frame until the end or the time limit. */
export function scroll([by, mostMs]: readonly [
	number,
	number,
]): Promise<Frames> {
	return new Promise((resolve) => {
		const scroller = document.querySelector(".scroller");
		if (!scroller) throw new Error("the list is missing");
		const gaps: number[] = [];
		const begun = performance.now();
		let last = begun;
		let still = 0;
		const isEnd = (): boolean =>
			by < 0
				? scroller.scrollTop < 5 &&
					document.body.textContent.includes("The conversation begins here")
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

/** Starts to record the time from a key press to the paint that shows it, in milliseconds. */
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
