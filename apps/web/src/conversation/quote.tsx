import { useMessage } from "@secureconnect/react";
import { useDirectory } from "../people/directory.ts";
import { excerpt } from "./excerpt.ts";
import { useMessageContext } from "./message-context.ts";

/** Shows the message that a message answers. A click leads to it. */
export function Quote({
	messageId,
	me,
}: {
	readonly messageId: string;
	readonly me: string;
}) {
	const { conversationId, onJump } = useMessageContext();
	const directory = useDirectory();
	const { message, error } = useMessage(conversationId, messageId);
	const { senderId = "" } = message ?? {};
	return (
		<button
			className="quote"
			type="button"
			tabIndex={-1}
			disabled={!message}
			onClick={() => onJump(messageId)}
		>
			<span className="hidden">Answers </span>
			<bdi className="quoted">
				{!message
					? "A message"
					: senderId === me
						? "You"
						: directory.name(senderId)}
			</bdi>
			<span className="excerpt" dir="auto">
				{message
					? excerpt(message)
					: error
						? "The message could not be loaded."
						: "…"}
			</span>
		</button>
	);
}
