import type { ConversationSummary } from "@secureconnect/client";
import { useEffect, useMemo, useSyncExternalStore } from "react";
import { useDetailsStore } from "../people/details.ts";
import { useDirectory } from "../people/directory.ts";
import { matches } from "../people/search-field.tsx";
import { titleOf } from "../people/title.ts";

/** Number of conversations without a title whose participants a filter requests. */
const SEARCHED = 40;

/** Returns the conversations whose title, or the name of a participant, begins with the typed text at a word. */
export function useFiltered(
	conversations: readonly ConversationSummary[],
	typed: string,
	me: string,
): readonly ConversationSummary[] {
	const directory = useDirectory();
	const store = useDetailsStore();
	const names = directory.version();
	const version = useSyncExternalStore(store.subscribe, store.version);
	const isFiltered = typed.trim() !== "";
	useEffect(() => {
		if (!isFiltered) return;
		const withdraw = conversations
			.filter(({ title }) => title === null)
			.slice(0, SEARCHED)
			.map(({ conversationId }) => store.wantLater(conversationId));
		return () => {
			for (const it of withdraw) it();
		};
	}, [isFiltered, conversations, store]);
	// biome-ignore lint/correctness/useExhaustiveDependencies: the versions stand for the contents of the stores
	return useMemo(
		() =>
			isFiltered
				? conversations.filter((it) => {
						const details = store.get(it.conversationId);
						const title = titleOf(it.title, details, directory, me);
						return (
							matches(title, typed) ||
							(it.directUser !== undefined &&
								matches(directory.name(it.directUser), typed))
						);
					})
				: conversations,
		[conversations, typed, isFiltered, store, directory, me, names, version],
	);
}
