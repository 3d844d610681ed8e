/**
 * Report of the machine or the page about the network. `woken`: the page became visible again, or the machine woke
 * up.
 */
export type EnvironmentEvent = "online" | "offline" | "woken";
type EnvironmentListener = (event: EnvironmentEvent) => void;

const TICK_MS = 20_000;
/** Browsers run timers of hidden pages once a minute. A longer delay means that the machine slept. */
const ASLEEP_MS = 90_000;

const listeners = new Set<EnvironmentListener>();
let stop: (() => void) | undefined;

/**
 * Informs all connections of a page or process. Returns a function that removes the listener. The first listener
 * starts the watch, and the removal of the last one stops it.
 */
export function watchEnvironment(listener: EnvironmentListener): () => void {
	listeners.add(listener);
	stop ??= start();
	return () => {
		listeners.delete(listener);
		if (listeners.size > 0) return;
		stop?.();
		stop = undefined;
	};
}

/** Returns false only if the browser knows that there is no network. */
export function isOnline(): boolean {
	// Node 20 has no `navigator`.
	return globalThis.navigator?.onLine !== false;
}

function tell(event: EnvironmentEvent): void {
	for (const listener of [...listeners]) listener(event);
}

function start(): () => void {
	const woken = (): void => tell("woken");
	const visible = (): void => {
		if (document.visibilityState === "visible") woken();
	};
	// The wall clock continues while a machine sleeps; timers and the monotonic clock stop.
	let tickedAt = Date.now();
	const ticks = setInterval(() => {
		const late = Date.now() - tickedAt;
		tickedAt = Date.now();
		if (late > ASLEEP_MS) woken();
	}, TICK_MS);
	const stop = new AbortController();
	const { signal } = stop;
	if (typeof document !== "undefined") {
		for (const event of ["online", "offline"] as const)
			addEventListener(event, () => tell(event), { signal });
		addEventListener("pageshow", woken, { signal });
		document.addEventListener("visibilitychange", visible, { signal });
	}
	return () => {
		clearInterval(ticks);
		stop.abort();
	};
}
