import { useSyncExternalStore } from "react";
import { isUuid } from "../account/claims.ts";
import { isAtDialog } from "../ui/use-back-closes.ts";

function subscribe(listener: () => void): () => void {
	addEventListener("hashchange", listener);
	return () => removeEventListener("hashchange", listener);
}

function current(): string | undefined {
	const id = location.hash.replace(/^#\//, "").toLowerCase();
	return isUuid(id) ? id : undefined;
}

/** Returns the conversation in the address, `#/<id>`. The browser's Back and Forward move between conversations. */
export function useRoute(): string | undefined {
	return useSyncExternalStore(subscribe, current);
}

/** Opens a conversation in place of the current history entry, so that Back does not return to that entry. */
export function beginAt(id: string): void {
	location.replace(`#/${id}`);
}

export function goTo(id: string | undefined): void {
	const hash = id === undefined ? "#/" : `#/${id}`;
	// Replace the dialog's history entry, so that Back does not lead to it.
	if (isAtDialog()) location.replace(hash);
	else location.hash = hash;
}
