import { useThread } from "@secureconnect/react";
import { useMemo, useState } from "react";
import { lastEditable, type Rights } from "../actions/menu-items.ts";
import { Composer } from "../composer.tsx";
import { type Line, lineOf } from "../lines.ts";
import type { Marks } from "../marks.ts";
import type { Named } from "../mentions.ts";
import { MessageActions } from "../message-actions.tsx";
import { useWriting } from "../use-writing.ts";
import { Panel } from "./panel.tsx";
import { type Target, ThreadList } from "./thread-list.tsx";

/** Shows the messages of a thread below the message that begins it, with a composer of its own. */
export function ThreadPanel(props: {
	readonly conversationId: string;
	readonly rootId: string;
	readonly me: string;
	readonly marks: Marks;
	readonly people: readonly Named[];
	readonly rights: Rights;
	/** Reason why the user cannot send; undefined if they can. */
	readonly closed: string | undefined;
	/** Message of the thread to which the conversation jumped. */
	readonly target: Target | undefined;
	readonly onRetry: (line: Line) => void;
	readonly onDiscard: (line: Line) => void;
	readonly onJump: (messageId: string) => void;
	readonly onUnread: () => void;
	readonly onTyping: () => void;
	readonly onClose: () => void;
}) {
	const { conversationId, rootId, me, people } = props;
	const thread = useThread(conversationId, rootId);
	const { root, items, isLoading, hasOlder, loadOlder, send } = thread;
	const [error, setError] = useState("");
	const writing = useWriting(conversationId, people, send, setError);
	const lines = useMemo(
		() => [...(root ? [root] : []), ...items].map((row) => lineOf(row, me)),
		[root, items, me],
	);
	return (
		<Panel title="Thread" onClose={props.onClose}>
			<MessageActions
				conversationId={conversationId}
				me={me}
				rights={props.rights}
				onReply={writing.reply}
				onEdit={writing.edit}
				onThread={() => {}}
				onJump={props.onJump}
				onUnread={props.onUnread}
				onError={setError}
			>
				{lines.length === 0 ? (
					<div className="empty">
						<p>{isLoading ? "Loading…" : thread.error?.message}</p>
					</div>
				) : (
					<ThreadList
						lines={lines}
						hasRoot={root !== undefined}
						me={me}
						marks={props.marks}
						target={props.target}
						hasOlder={hasOlder && items.length > 0}
						isLoading={isLoading}
						onOlder={() => void loadOlder()}
						onRetry={props.onRetry}
						onDiscard={props.onDiscard}
					/>
				)}
				{error && (
					<p className="error send-error" role="alert">
						{error}
					</p>
				)}
				<Composer
					me={me}
					draftKey={`${conversationId} ${rootId}`}
					label="Reply in the thread"
					placeholder="Reply"
					closed={props.closed}
					mode={writing.mode}
					people={people}
					onSend={writing.submit}
					onCancel={writing.cancel}
					onEditLast={() => {
						const last = lastEditable(items, me, props.rights);
						if (last) writing.edit(last);
						return last !== undefined;
					}}
					onTyping={props.onTyping}
					onError={setError}
				/>
			</MessageActions>
		</Panel>
	);
}
