import type { ReactNode } from "react";
import { useDirectory } from "../people/directory.ts";
import { EVERYONE, mentionsIn } from "./mentions.ts";

/** Users whom a message mentions. */
export interface Mentioned {
	readonly userIds?: readonly string[] | undefined;
	/** Whether it mentions all participants. */
	readonly all?: boolean | undefined;
}

/** Shows a text and emphasises the names that it mentions, the user's own most. */
export function MentionText(props: {
	readonly text: string;
	readonly mentions: Mentioned;
	readonly me: string;
}) {
	const { text, mentions, me } = props;
	const directory = useDirectory();
	const people = (mentions.userIds ?? []).map((userId) => ({
		userId,
		name: directory.name(userId),
	}));
	const parts: ReactNode[] = [];
	let end = 0;
	for (const { from, to, userId } of mentionsIn(text, [
		...people,
		...(mentions.all ? [EVERYONE] : []),
	])) {
		const isMe = userId === me || userId === EVERYONE.userId;
		// Browser translation replaces text nodes. React can then remove only elements.
		parts.push(
			<span key={end}>{text.slice(end, from)}</span>,
			<mark key={`@${from}`} className={isMe ? "mention me" : "mention"}>
				{text.slice(from, to)}
			</mark>,
		);
		end = to;
	}
	parts.push(<span key={end}>{text.slice(end)}</span>);
	return parts;
}
/** Tells whether a message mentions a user. */
export function mentionsUser(
	mentions: Mentioned | undefined,
	userId: string,
): boolean {
	return (
		mentions?.all === true || (mentions?.userIds?.includes(userId) ?? false)
	);
}
