import { logOf } from "@secureconnect/client";
import { useConversation, useConversations } from "@secureconnect/react";
import { useEffect } from "react";
import { useDetailsStore } from "./details.ts";

/** Entries after which the details of a conversation, and its row in the list, are out of date. */
const NOTICES: readonly string[] = [
	"participant_added",
	"participant_removed",
	"role_changed",
	"conversation_changed",
];

/** Reloads the details and the list when participants, roles or the conversation itself changed. */
export function NoticeWatcher({
	id,
	me,
}: {
	readonly id: string;
	readonly me: string;
}) {
	const conversation = useConversation(id);
	const { refresh } = useConversations();
	const store = useDetailsStore();
	useEffect(
		() =>
			conversation &&
			logOf(conversation).onEntry(({ type, user_id }) => {
				if (!NOTICES.includes(type)) return;
				void refresh();
				// The server refuses this request from a removed user.
				if (type !== "participant_removed" || user_id !== me) store.want(id, 0);
			}),
		[conversation, id, me, store, refresh],
	);
	return null;
}
