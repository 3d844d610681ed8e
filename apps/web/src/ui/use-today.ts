import { useSyncExternalStore } from "react";

/** Maximum time between two looks at the date, in milliseconds. A timer stands still while the computer sleeps. */
const MOST_MS = 60_000;

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setTimeout> | undefined;
let today = new Date().toDateString();

function look(): void {
	const now = new Date();
	if (now.toDateString() !== today) {
		today = now.toDateString();
		for (const listener of listeners) listener();
	}
	clearTimeout(timer);
	const midnight = new Date(
		now.getFullYear(),
		now.getMonth(),
		now.getDate() + 1,
	);
	timer = setTimeout(
		look,
		Math.min(midnight.getTime() - now.getTime(), MOST_MS),
	);
}

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	if (listeners.size === 1) {
		look();
		document.addEventListener("visibilitychange", look);
	}
	return () => {
		listeners.delete(listener);
		if (listeners.size > 0) return;
		clearTimeout(timer);
		document.removeEventListener("visibilitychange", look);
	};
}

/** Renders the calling component again when the local day changes. Components that show a day name call it. */
export function useToday(): void {
	useSyncExternalStore(subscribe, () => today);
}
