import { useChat, usePresence } from "@secureconnect/react";
import { useCallback, useEffect, useState } from "react";
import type { Mark } from "./marks.ts";

const EVERY_MS = 15_000;
/** A device confirms delivery within a second, and the server stores that within one more second. */
const PROVED_MS = 2500;
/** With more users online, the list changes all the time. */
const FEW = 50;

/**
 * Returns what was delivered to the other participants' devices, by user id. No frame reports this. The hook requests
 * it after the user writes a message, after the users online change (if they are few), on focus, and every 15 s.
 * @param isOpen whether the connection is open; the server refuses the request of a removed user
 * @param newestOwn changes with every message that the user writes
 */
export function useDelivered(
	conversationId: string,
	me: string,
	isOpen: boolean,
	newestOwn: string | undefined,
): ReadonlyMap<string, Mark> {
	const { conversations } = useChat().client;
	const [delivered, setDelivered] = useState<ReadonlyMap<string, Mark>>(
		new Map(),
	);
	const ask = useCallback(() => {
		if (document.visibilityState !== "visible") return;
		conversations.receipts(conversationId).then(
			(receipts) =>
				setDelivered(
					new Map(
						receipts.flatMap(({ userId, delivered }) =>
							delivered && userId !== me ? [[userId, delivered]] : [],
						),
					),
				),
			// The banner shows connection errors.
			() => {},
		);
	}, [conversations, conversationId, me]);
	useEffect(() => {
		if (!isOpen) return;
		ask();
		const timer = setInterval(ask, EVERY_MS);
		addEventListener("focus", ask);
		return () => {
			clearInterval(timer);
			removeEventListener("focus", ask);
		};
	}, [ask, isOpen]);
	useEffect(() => {
		if (!isOpen || newestOwn === undefined) return;
		const timer = setTimeout(ask, PROVED_MS);
		return () => clearTimeout(timer);
	}, [ask, isOpen, newestOwn]);
	const { users } = usePresence(conversationId);
	useEffect(() => {
		// A user who reconnected has received the missed messages.
		if (!isOpen || users.length < 2 || users.length > FEW) return;
		const timer = setTimeout(ask, PROVED_MS);
		return () => clearTimeout(timer);
	}, [ask, isOpen, users]);
	return delivered;
}
