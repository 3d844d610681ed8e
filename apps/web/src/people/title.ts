import type { ConversationDetails } from "@secureconnect/client";
import { type Directory, inWords } from "./directory.ts";

/** Returns the display title of a conversation: its own title, or the names of the other participants. */
export function titleOf(
	title: string | null | undefined,
	details: ConversationDetails | undefined,
	directory: Directory,
	me: string,
): string {
	const given = (title ?? details?.title ?? "").trim();
	if (given !== "") return given;
	if (!details) return "Conversation";
	const others = details.participants
		.filter(({ userId }) => userId !== me)
		.map(({ userId }) => directory.name(userId));
	return others.length === 0 ? "Only you" : inWords(others);
}

/** Returns the other participant of a conversation of two without a title; otherwise undefined. */
export function partnerOf(
	title: string | null | undefined,
	details: ConversationDetails | undefined,
	me: string,
): string | undefined {
	if ((title ?? details?.title ?? "").trim() !== "") return undefined;
	if (details?.participantCount !== 2) return undefined;
	return details.participants.find(({ userId }) => userId !== me)?.userId;
}
