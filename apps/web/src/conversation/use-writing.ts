import { ChatError } from "@secureconnect/client";
import {
	type MessageRow,
	type SendOptions,
	useMessageActions,
} from "@secureconnect/react";
import { useCallback, useState } from "react";
import type { Mode } from "./composer/mode.ts";
import { mentionsOf, type Named } from "./mentions.ts";

const CONFLICT =
	"its text has changed since then. Save again to replace the newer text.";

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
 * @param onError called with the reason when the server refuses an edit, whose text the mode then has. Called with an
 * empty text when the user leaves that mode.
 */
export function useWriting(
	conversationId: string,
	people: readonly Named[],
	send: (content: string, options?: SendOptions) => unknown,
	onError: (why: string) => void,
): Writing {
	const actions = useMessageActions(conversationId);
	const [chosen, setMode] = useState<Mode>();
	/** Edits that the server refused, oldest first. They wait until the user has ended the chosen mode. */
	const [refused, setRefused] = useState<readonly Mode[]>([]);
	const mode = chosen ?? refused[0];
	const leave = useCallback(() => {
		if (chosen) setMode(undefined);
		else {
			setRefused((before) => before.slice(1));
			onError("");
		}
	}, [chosen, onError]);
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
				else if (mode.refused !== undefined || content !== mode.row.content)
					actions
						.edit(mode.row, content, {
							...versionOf(mode),
							// An edit without the field keeps the mentions of the earlier text.
							...((mentions || mode.row.mentions) && {
								mentions: mentions ?? { userIds: [] },
							}),
						})
						.acknowledged.catch((error: Error) => {
							const isConflict =
								error instanceof ChatError && error.code === "version_conflict";
							onError(
								`The message was not changed: ${isConflict ? CONFLICT : error.message}`,
							);
							const refused = { text: content, isConflict };
							const edit: Mode = { kind: "edit", row: mode.row, refused };
							setRefused((before) => [...before, edit]);
						});
			});
			if (why === undefined) leave();
			return why;
		},
		[mode, people, actions, send, onError, leave],
	);
	return { mode, reply, edit, cancel: leave, submit };
}

/**
 * Returns the option that refuses an edit if the message has changed since the user began to edit it. A row that shows
 * a change of the user that is not confirmed yet does not have the version that this change will make.
 */
function versionOf({ row, refused }: Mode) {
	return row.isPending || refused?.isConflict ? {} : { ifVersion: row.version };
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
