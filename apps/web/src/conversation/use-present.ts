import type { ConnectionState, PresentUser } from "@secureconnect/react";
import { usePresence } from "@secureconnect/react";
import { useEffect, useRef, useState } from "react";

/** Longer than all clients need to reconnect to a restarted server, which spreads their reconnects. */
const GRACE_MS = 15_000;

interface Present {
	readonly users: readonly PresentUser[];
	readonly count: number;
}

/**
 * Returns the users who are online. A restarted server knows only the users who have reconnected. The hook keeps
 * showing the earlier users for {@link GRACE_MS}, unless the server lists them again first.
 */
export function usePresent(id: string, state: ConnectionState): Present {
	const { users, count } = usePresence(id);
	const isOpen = state.name === "open";
	/** Users who were online when the connection was lost and have not returned. */
	const missing = useRef<readonly PresentUser[]>([]);
	const atLoss = useRef<readonly PresentUser[]>(undefined);
	const [, expire] = useState(0);

	if (!isOpen && users !== atLoss.current) {
		atLoss.current = users;
		missing.current = [...users, ...missing.current];
	}
	// The connection opens before the server sends the list. As long as the list is the same object, it is the old one.
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
