import type { ConversationDetails } from "@secureconnect/client";
import { useMemo } from "react";
import { useDirectory } from "../people/directory.ts";
import { EVERYONE, type Named } from "./mentions.ts";

/** Returns the users whom a message can mention: the other participants, by name, and `@all` for those who may. */
export function usePeople(
	details: ConversationDetails | undefined,
	me: string,
): readonly Named[] {
	const directory = useDirectory();
	// The directory stays the same object when it learns a name.
	const version = directory.version();
	return useMemo(() => {
		void version;
		const participants = details?.participants ?? [];
		const role = participants.find(({ userId }) => userId === me)?.role;
		const others = participants
			.filter(({ userId }) => userId !== me)
			.map(({ userId }) => ({ userId, name: directory.name(userId) }))
			.sort((a, b) => a.name.localeCompare(b.name));
		const isLeader = role === "owner" || role === "moderator";
		return isLeader && others.length > 1 ? [...others, EVERYONE] : others;
	}, [details, me, directory, version]);
}
