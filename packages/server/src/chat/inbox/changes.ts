/** What happened to a conversation in one user's list, as far as the log cannot tell it. */
export interface Change {
	/** Whether the user became a participant. */
	readonly isAdded: boolean;
	/** Why the user is no longer a participant, unless the log says that they are. */
	readonly removed: "removed" | "deleted" | undefined;
}

/** The row has a newer state. */
export const CHANGED: Change = { isAdded: false, removed: undefined };
export const ADDED: Change = { isAdded: true, removed: undefined };

/** Joins two changes. The log tells whether the user is a participant now, so the order has no meaning. */
export function joined(a: Change | undefined, b: Change): Change {
	if (!a) return b;
	return {
		isAdded: a.isAdded || b.isAdded,
		removed: a.removed === "deleted" ? a.removed : (b.removed ?? a.removed),
	};
}
