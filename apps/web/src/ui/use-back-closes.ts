import { useEffect, useRef } from "react";

/** Returns how many dialogs are open over the page, from the current history entry. */
function depth(): number {
	const state: unknown = history.state;
	return typeof state === "object" && state !== null && "dialogs" in state
		? Number(state.dialogs)
		: 0;
}

/** Tells whether the current history entry belongs to a dialog. */
export function isAtDialog(): boolean {
	return depth() > 0;
}

/**
 * Calls `work` when the browser has left the history entry of a dialog that closes now; at once if there is none.
 * Leaving takes effect later: an entry that is added before that would be left, too.
 */
export function afterDialog(work: () => void): void {
	if (isAtDialog()) addEventListener("popstate", work, { once: true });
	else work();
}

/** Lets the browser's Back close a dialog. An open dialog has its own history entry. */
export function useBackCloses(onClose: () => void): void {
	const latest = useRef(onClose);
	latest.current = onClose;
	useEffect(() => {
		const own = depth() + 1;
		history.pushState({ dialogs: own }, "");
		const popped = (): void => {
			if (depth() < own) latest.current();
		};
		addEventListener("popstate", popped);
		return () => {
			removeEventListener("popstate", popped);
			// If a button closed the dialog, remove its history entry. After a link, that entry is not the current one.
			if (depth() === own) history.back();
		};
	}, []);
}
