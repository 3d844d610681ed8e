import {
	type MessageRow,
	type Unread,
	useConversations,
	useUnread,
} from "@secureconnect/react";
import { useCallback, useEffect } from "react";

/**
 * Reloads the list of conversations when the newest message of the open conversation is new, was edited or was deleted.
 * @param newest newest message that the server has stored
 * @param onChanged called when the list of conversations is out of date
 */
export function useListRow(
	newest: MessageRow | undefined,
	onChanged: () => void,
): void {
	const { messageId, editedAt, deleted } = newest ?? {};
	// The server does not know a pending edit yet.
	const isPending = newest?.isPending === true;
	const shown =
		messageId === undefined || isPending
			? undefined
			: `${messageId} ${editedAt} ${deleted}`;
	useEffect(() => {
		if (shown !== undefined) onChanged();
	}, [shown, onChanged]);
}

/** Returns the unread messages of the open conversation. The list of conversations shows a mark as unread at once. */
export function useListedUnread(id: string): Unread {
	const unread = useUnread(id);
	const { updateSettings } = useConversations();
	const { markUnread } = unread;
	return {
		...unread,
		markUnread: useCallback(async () => {
			// The first one also knows what the user has read here.
			await Promise.all([
				markUnread(),
				updateSettings(id, { markedUnread: true }),
			]);
		}, [id, markUnread, updateSettings]),
	};
}
