import type { TimelineRow } from "@secureconnect/react";
import { useMemo, useRef } from "react";

/** Number of the first row before older rows are added. */
const FIRST = 1_000_000_000;

/**
 * Returns the rows that the list of a conversation shows: all but the messages of threads, which the panel of a thread
 * shows. A message of a thread that the server refused stays, so that the user sees it.
 * @param firstIndex number of the first of all rows. It decreases by the number of rows that load before it.
 */
export function useMainRows(
	items: readonly TimelineRow[],
	firstIndex: number,
): { readonly rows: readonly TimelineRow[]; readonly firstIndex: number } {
	const before = useRef({ all: firstIndex, main: FIRST });
	return useMemo(() => {
		const rows = items.filter(isMain);
		const { all, main } = before.current;
		const added = all - firstIndex;
		before.current = {
			all: firstIndex,
			main:
				added < 0 || added > items.length
					? FIRST
					: main - items.slice(0, added).filter(isMain).length,
		};
		return { rows, firstIndex: before.current.main };
	}, [items, firstIndex]);
}

function isMain(row: TimelineRow): boolean {
	return (
		row.kind === "notice" ||
		row.threadId === undefined ||
		row.status === "failed"
	);
}
