import { useChat, usePresence } from "@secureconnect/react";
import { useCallback, useEffect, useState } from "react";
import type { Mark } from "./marks.ts";

const EVERY_MS = 15_000;
/** A device proves within a second what it has got, and it is written within another. */
const PROVED_MS = 2500;
/** Where more are on line, somebody always comes or goes. */
const FEW = 50;

/**
 * What has reached the others' devices, by user. No frame tells of it: it is asked for after one has written something, after
 * one of few others has come, on focus, and every 15 s.
 * @param isOpen whether there is a connection: who was removed may not ask
 * @param newestOwn changes with every message that one has written
 */
export function useDelivered(
	conversationId: string,
	me: string,
	isOpen: boolean,
	newestOwn: string | undefined,
): ReadonlyMap<string, Mark> {
	const { rest } = useChat();
	const [delivered, setDelivered] = useState<ReadonlyMap<string, Mark>>(
		new Map(),
	);
	const ask = useCallback(() => {
		if (!rest || document.visibilityState !== "visible") return;
		rest.receipts(conversationId).then(
			(receipts) =>
				setDelivered(
					new Map(
						receipts.flatMap(({ userId, delivered }) =>
							delivered && userId !== me ? [[userId, delivered]] : [],
						),
					),
				),
			// The banner says what is wrong, if it is the connection.
			() => {},
		);
	}, [rest, conversationId, me]);
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
		// Who has come back has got what was missed.
		if (!isOpen || users.length < 2 || users.length > FEW) return;
		const timer = setTimeout(ask, PROVED_MS);
		return () => clearTimeout(timer);
	}, [ask, isOpen, users]);
	return delivered;
}
