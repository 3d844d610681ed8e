import { usePins } from "@secureconnect/react";
import { Avatar } from "../../people/avatar.tsx";
import { useDirectory } from "../../people/directory.ts";
import { briefly } from "../../ui/time.ts";
import { MessageText } from "../message-text.tsx";
import { Panel } from "./panel.tsx";

/** Lists the pinned messages of a conversation. A click leads to the message. */
export function PinsPanel(props: {
	readonly conversationId: string;
	readonly me: string;
	readonly onJump: (messageId: string) => void;
	readonly onClose: () => void;
}) {
	const { me, onJump } = props;
	const { items, isLoading, error } = usePins(props.conversationId);
	const directory = useDirectory();
	return (
		<Panel title="Pinned messages" onClose={props.onClose}>
			{items.length === 0 && (
				<div className="empty">
					<p>
						{isLoading
							? "Loading…"
							: (error?.message ??
								"Nothing is pinned. Pin a message from its menu, and everyone finds it here.")}
					</p>
				</div>
			)}
			{items.length > 0 && (
				<ul className="pins">
					{items.toReversed().map((row) => {
						const { key, messageId, senderId = "", content, createdAt } = row;
						const name = directory.name(senderId);
						return (
							<li key={key}>
								<Avatar id={senderId} name={name} />
								<div className="pin">
									<p className="pin-head">
										<bdi>{senderId === me ? "You" : name}</bdi>
										<small>{briefly(createdAt)}</small>
									</p>
									<div className="pin-text">
										<MessageText
											content={content}
											mentions={row.mentions}
											me={me}
										/>
									</div>
									<button
										className="quiet"
										type="button"
										aria-label={`Show in conversation: ${content.slice(0, 60)}`}
										onClick={() => messageId !== undefined && onJump(messageId)}
									>
										Show in conversation
									</button>
								</div>
							</li>
						);
					})}
				</ul>
			)}
		</Panel>
	);
}
