import type { Messages } from "@secureconnect/react";
import { useCallback, useEffect, useMemo, useState } from "react";
import type { Lines } from "./lines.ts";

/** Lines that are put in front of so many at once: few at first, so that nobody waits for them. */
function blockFor(count: number): number {
	if (count < 200) return 200;
	return count < 3000 ? 500 : 1000;
}

export interface Revealed {
	readonly lines: Lines;
	/** Of the first line: goes down by as many as came in before it. */
	readonly firstIndex: number;
	readonly hasOlder: boolean;
	/** Lets more come in above. */
	readonly more: () => void;
}

/**
 * What is shown of the history that is loaded. To put lines in front of a virtualised list costs as much as there are in it already, so
 * that page by page ten thousand would cost two hundred times that: they are loaded page by page, and come in by the block.
 */
export function useRevealed(messages: Messages, lines: Lines): Revealed {
	const { firstItemIndex, hasOlder, isLoading, error, loadOlder } = messages;
	const [{ shown, target }, setState] = useState<{
		shown?: number;
		/** Where the block that is being loaded begins. */
		target?: number;
	}>({});
	const firstIndex = Math.max(shown ?? firstItemIndex, firstItemIndex);
	const hidden = firstIndex - firstItemIndex;

	const more = useCallback(
		() =>
			setState((now) => {
				if (now.target !== undefined) return now;
				const block = blockFor(lines.count - hidden);
				return { shown: firstIndex, target: firstIndex - block };
			}),
		[firstIndex, hidden, lines],
	);
	useEffect(() => {
		if (target === undefined) return;
		if (firstItemIndex <= target || !hasOlder)
			setState({ shown: Math.max(target, firstItemIndex) });
		else if (!isLoading && !error) void loadOlder();
	}, [target, firstItemIndex, hasOlder, isLoading, error, loadOlder]);

	return {
		lines: useMemo(
			() => ({
				count: lines.count - hidden,
				line: (index) => lines.line(index + hidden),
			}),
			[lines, hidden],
		),
		firstIndex,
		hasOlder: hasOlder || hidden > 0,
		more,
	};
}
