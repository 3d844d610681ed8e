import {
	type MessageRow,
	type SendOptions,
	useMessageActions,
} from "@secureconnect/react";
import { useCallback, useState } from "react";
import type { Mode } from "./composer/mode.ts";
import { mentionsOf, type Named } from "./mentions.ts";

interface Writing {
	readonly mode: Mode | undefined;
	readonly reply: (row: MessageRow) => void;
	readonly edit: (row: MessageRow) => void;
	readonly cancel: () => void;
	/** Sends the text, as the mode says. Returns the reason if it was refused. */
	readonly submit: (content: string) => string | undefined;
}

/**
 * Turns the text of a composer into a message, an answer or an edit.
 * @param people users who can be mentioned
 * @param send sends a message
 * @param onError called with the reason when the server refuses an edit
 */
export function useWriting(
	conversationId: string,
	people: readonly Named[],
	send: (content: string, options?: SendOptions) => unknown,
	onError: (why: string) => void,
): Writing {
	const actions = useMessageActions(conversationId);
	const [mode, setMode] = useState<Mode>();
	const cancel = useCallback(() => setMode(undefined), []);
	const reply = useCallback(
		(row: MessageRow) => setMode({ kind: "reply", row }),
		[],
	);
	const edit = useCallback(
		(row: MessageRow) => setMode({ kind: "edit", row }),
		[],
	);
	const submit = useCallback(
		(content: string) => {
			const mentions = mentionsOf(content, people);
			const options = mentions && { mentions };
			const why = refusal(() => {
				if (mode?.kind === "reply") actions.reply(mode.row, content, options);
				else if (!mode) send(content, options);
				else if (content !== mode.row.content)
					actions
						.edit(mode.row, content, {
							// An edit without the field keeps the mentions of the earlier text.
							...((mentions || mode.row.mentions) && {
								mentions: mentions ?? { userIds: [] },
							}),
						})
						.acknowledged.catch((error: Error) =>
							onError(`The message was not changed: ${error.message}`),
						);
			});
			if (why === undefined) setMode(undefined);
			return why;
		},
		[mode, people, actions, send, onError],
	);
	return { mode, reply, edit, cancel, submit };
}

/** Runs `work`. Returns the reason if it was refused, otherwise undefined. */
export function refusal(work: () => unknown): string | undefined {
	try {
		work();
		return undefined;
	} catch (error) {
		return error instanceof Error ? error.message : String(error);
	}
}
