import type { ConversationDetails } from "@secureconnect/client";
import { type Directory, inWords } from "./directory.ts";

/** What a conversation is called: its title, or else the others in it. */
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

/** The only other participant of a conversation without a title of its own; undefined where it is not such a pair. */
export function partnerOf(
	title: string | null | undefined,
	details: ConversationDetails | undefined,
	me: string,
): string | undefined {
	if ((title ?? details?.title ?? "").trim() !== "") return undefined;
	if (details?.participantCount !== 2) return undefined;
	return details.participants.find(({ userId }) => userId !== me)?.userId;
}
