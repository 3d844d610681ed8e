/** What the machine and the page say of the network. `woken`: the page is looked at again, or the machine woke up. */
export type EnvironmentEvent = "online" | "offline" | "woken";
type EnvironmentListener = (event: EnvironmentEvent) => void;

const TICK_MS = 20_000;
/** Browsers let hidden pages' timers run once a minute: later than that is sleep. */
const ASLEEP_MS = 90_000;

const listeners = new Set<EnvironmentListener>();
let stop: (() => void) | undefined;

/** Tells all connections of a page or process. Returns what ends it. The first listener starts watching, the last to go stops it. */
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

/** False only where the browser knows that there is no network. */
export function isOnline(): boolean {
	// Node 20 has no navigator.
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
	// The wall clock goes on while a machine sleeps, timers and the monotonic clock do not.
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
