import { useEffect, useRef } from "react";

/** Dialogs that are open over the page, as the current entry of the history says. */
function depth(): number {
	const state: unknown = history.state;
	return typeof state === "object" && state !== null && "dialogs" in state
		? Number(state.dialogs)
		: 0;
}

/** Whether the current entry of the history stands for a dialog. */
export function isAtDialog(): boolean {
	return depth() > 0;
}

/** Lets the browser's Back close a dialog: while it is open, it has an entry of the history. */
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
			// Closed by its button: its entry goes as well. After a link was followed, the entry is not the current one.
			if (depth() === own) history.back();
		};
	}, []);
}
