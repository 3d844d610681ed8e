import type { ConversationDetails } from "@secureconnect/client/rest";
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
