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

/** The conversation in the address, `#/<id>`: the browser's own back and forward go between conversations. */
export function useRoute(): string | undefined {
	return useSyncExternalStore(subscribe, current);
}

/** As the first page of this tab: back leads out of it. */
export function beginAt(id: string): void {
	location.replace(`#/${id}`);
}

export function goTo(id: string | undefined): void {
	const hash = id === undefined ? "#/" : `#/${id}`;
	// In the place of the dialog: Back does not lead to it again.
	if (isAtDialog()) location.replace(hash);
	else location.hash = hash;
}
