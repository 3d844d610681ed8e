import type { Messages } from "@secureconnect/react";
import { useCallback, useRef, useState } from "react";
import { indexOf, type Lines } from "./lines.ts";

/** Place at which the list begins. The list is drawn anew for each place. */
interface Place {
	/** Number of jumps so far. */
	readonly count: number;
	/** Message that the list shows; undefined for the beginning of a visit and for the end. */
	readonly target: string | undefined;
}

export interface Jump {
	readonly place: Place;
	/** Shows a message. Loads the part of the conversation around it if needed. */
	readonly jump: (messageId: string) => void;
	/** Shows the newest messages. */
	readonly toNewest: () => void;
	/** Whether the last jump failed. The list stays where it was. */
	readonly hasFailed: boolean;
	/** Forgets the failure. */
	readonly dismiss: () => void;
}

/**
 * Leads the list to a message.
 * @param onThread called instead if the message belongs to a thread
 */
export function useJump(
	messages: Messages,
	lines: Lines,
	onThread: (rootId: string, messageId: string) => void,
): Jump {
	const { items, showAround, showNewest } = messages;
	const [place, setPlace] = useState<Place>({ count: 0, target: undefined });
	const [wanted, setWanted] = useState<Place>(place);
	const [isDue, setDue] = useState(false);
	const [hasFailed, setFailed] = useState(false);
	const jumps = useRef(0);
	if (isDue && wanted.count !== place.count) {
		const { target } = wanted;
		const row = items.find(
			(it) => it.kind === "message" && it.messageId === target,
		);
		if (target === undefined || indexOf(lines, target) >= 0) {
			setDue(false);
			setPlace(wanted);
		} else if (row?.kind === "message" && row.threadId !== undefined) {
			setDue(false);
			onThread(row.threadId, target);
		}
	}
	const go = useCallback(
		(target: string | undefined, loaded: Promise<unknown>) => {
			const begun = ++jumps.current;
			setDue(false);
			setFailed(false);
			setWanted((before) => ({ count: before.count + 1, target }));
			void loaded.then((failure) => {
				// A later jump has replaced this one.
				if (begun !== jumps.current) return;
				if (failure === undefined) setDue(true);
				else setFailed(true);
			});
		},
		[],
	);
	return {
		place,
		jump: useCallback(
			(messageId: string) => go(messageId, showAround(messageId)),
			[go, showAround],
		),
		toNewest: useCallback(() => go(undefined, showNewest()), [go, showNewest]),
		hasFailed,
		dismiss: useCallback(() => setFailed(false), []),
	};
}
