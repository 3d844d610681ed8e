import type { ConnectionState, PresentUser } from "@secureconnect/react";
import { usePresence } from "@secureconnect/react";
import { useEffect, useRef, useState } from "react";

/** Longer than everybody takes to come back to a server that was restarted: they are told to come one after another. */
const GRACE_MS = 15_000;

interface Present {
	readonly users: readonly PresentUser[];
	readonly count: number;
}

/**
 * Who is on line. A server that has just come back knows only who has come back to it: whoever was there before is shown for a while
 * yet, unless they are seen to come and go.
 */
export function usePresent(id: string, state: ConnectionState): Present {
	const { users, count } = usePresence(id);
	const isOpen = state.name === "open";
	/** Who was there when the connection was lost, and has not been seen since. */
	const missing = useRef<readonly PresentUser[]>([]);
	const atLoss = useRef<readonly PresentUser[]>(undefined);
	const [, expire] = useState(0);

	if (!isOpen && users !== atLoss.current) {
		atLoss.current = users;
		missing.current = [...users, ...missing.current];
	}
	// The connection is open before the server has said who is there: the same list is still the old one.
	if (isOpen && users !== atLoss.current) {
		atLoss.current = undefined;
		missing.current = missing.current.filter(
			({ userId }) => !users.some((it) => it.userId === userId),
		);
	}
	useEffect(() => {
		if (!isOpen) return;
		const timer = setTimeout(() => {
			if (missing.current.length === 0) return;
			missing.current = [];
			expire((n) => n + 1);
		}, GRACE_MS);
		return () => clearTimeout(timer);
	}, [isOpen]);
	if (!isOpen || atLoss.current || missing.current.length === 0)
		return { users, count };
	return {
		users: [...users, ...missing.current],
		count: count + missing.current.length,
	};
}
