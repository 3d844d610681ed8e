import type { MessageRow } from "@secureconnect/react";
import { Avatar } from "../people/avatar.tsx";
import { useDirectory } from "../people/directory.ts";
import { briefly } from "../ui/time.ts";
import { useMessageContext } from "./message-context.ts";

/** Number of users whose avatars the link shows. */
const MOST = 3;

/** Shows how many messages a thread has. A click opens it. */
export function ThreadLink({ row }: { readonly row: MessageRow }) {
	const directory = useDirectory();
	const { onThread } = useMessageContext();
	const { thread, messageId } = row;
	if (!thread || messageId === undefined) return null;
	const { count, lastAt, userIds } = thread;
	return (
		<button
			className="thread-link"
			type="button"
			tabIndex={-1}
			onClick={() => onThread(messageId)}
		>
			<span className="faces" aria-hidden="true">
				{userIds.slice(0, MOST).map((userId) => (
					<Avatar key={userId} id={userId} name={directory.name(userId)} />
				))}
			</span>
			<strong>{`${count} ${count === 1 ? "reply" : "replies"}`}</strong>
			<span className="last-reply">{`Last ${briefly(lastAt)}`}</span>
		</button>
	);
}
