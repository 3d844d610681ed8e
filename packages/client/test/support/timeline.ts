import type { ConversationTimeline } from "@secureconnect/client";
import type { MessageRow } from "@secureconnect/client/timeline";

/** Resolves when `find` returns a value for the messages of a timeline. */
export function timelineUntil<T>(
	timeline: ConversationTimeline,
	find: (rows: readonly MessageRow[]) => T | undefined,
): Promise<T> {
	return new Promise((resolve) => {
		const off = timeline.onChange(() => check());
		const check = (): void => {
			const found = find(
				timeline.rows().filter((row) => row.kind === "message"),
			);
			if (found === undefined) return;
			off();
			resolve(found);
		};
		check();
	});
}
