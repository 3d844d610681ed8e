import { type MessageRow, useMessageActions } from "@secureconnect/react";
import {
	type ReactNode,
	Suspense,
	useCallback,
	useMemo,
	useRef,
	useState,
} from "react";
import type { Anchor } from "../ui/anchor.ts";
import { copyText } from "../ui/copy-text.ts";
import { type Action, actionsFor, type Rights } from "./actions/menu-items.ts";
import { DeleteQuestion, EmojiPopup, MessageMenu } from "./lazy-parts.ts";
import type { Line } from "./lines.ts";
import { type MessageContext, MessagesContext } from "./message-context.ts";

/** Provides the actions of a list's messages, and shows their menus. */
export function MessageActions(props: {
	readonly conversationId: string;
	readonly me: string;
	readonly rights: Rights;
	readonly onReply: (row: MessageRow) => void;
	readonly onEdit: (row: MessageRow) => void;
	readonly onThread: (rootId: string) => void;
	readonly onJump: (messageId: string) => void;
	readonly onUnread: () => void;
	/** Called with the reason when the server refuses an action. */
	readonly onError: (why: string) => void;
	readonly children: ReactNode;
}) {
	const { conversationId, me, rights } = props;
	const { react, pin, remove } = useMessageActions(conversationId);
	const [menu, setMenu] = useState<{ line: Line; anchor: Anchor }>();
	const [picking, setPicking] = useState<{ row: MessageRow; anchor: Anchor }>();
	const [deleting, setDeleting] = useState<MessageRow>();
	const latest = useRef(props);
	latest.current = props;
	/** Runs an action and reports a refusal, also one that the server sends later. */
	const trying = useCallback(
		(
			what: string,
			work: () => { readonly acknowledged: Promise<unknown> },
		): void => {
			const { onError } = latest.current;
			const refused = (error: unknown): void =>
				onError(`${what}: ${error instanceof Error ? error.message : error}`);
			onError("");
			try {
				work().acknowledged.catch(refused);
			} catch (error) {
				refused(error);
			}
		},
		[],
	);
	const context: MessageContext = useMemo(
		() => ({
			conversationId,
			onMenu(line, anchor) {
				if (actionsFor(line, latest.current.rights).length > 0)
					setMenu({ line, anchor });
			},
			onPick: (row, anchor) => setPicking({ row, anchor }),
			onReact: (row, reaction, on) =>
				trying("The reaction was not saved", () => react(row, reaction, on)),
			onReply: (row) => latest.current.onReply(row),
			onThread: (rootId) => latest.current.onThread(rootId),
			onJump: (messageId) => latest.current.onJump(messageId),
		}),
		[conversationId, react, trying],
	);
	const run = (action: Action, { row }: Line, anchor: Anchor): void => {
		if (!row) return;
		const handlers: Record<Action, () => unknown> = {
			react: () => setPicking({ row, anchor }),
			reply: () => props.onReply(row),
			thread: () => props.onThread(row.threadId ?? row.messageId ?? ""),
			edit: () => props.onEdit(row),
			copy: () =>
				copyText(row.content).catch(() =>
					props.onError("The browser did not copy the text."),
				),
			pin: () => trying("The message was not pinned", () => pin(row)),
			unpin: () => trying("The message is still pinned", () => pin(row, false)),
			unread: props.onUnread,
			delete: () => setDeleting(row),
		};
		handlers[action]();
	};
	return (
		<MessagesContext value={context}>
			{props.children}
			<Suspense>
				{menu && (
					<MessageMenu
						line={menu.line}
						me={me}
						anchor={menu.anchor}
						actions={actionsFor(menu.line, rights)}
						onAction={(action) => run(action, menu.line, menu.anchor)}
						onReact={(reaction, on) =>
							menu.line.row && context.onReact(menu.line.row, reaction, on)
						}
						onClose={() => setMenu(undefined)}
					/>
				)}
				{picking && (
					<EmojiPopup
						anchor={picking.anchor}
						onPick={(emoji) => {
							setPicking(undefined);
							context.onReact(picking.row, emoji, true);
						}}
						onClose={() => setPicking(undefined)}
					/>
				)}
				{deleting && (
					<DeleteQuestion
						question="Delete this message?"
						explanation="Its text is removed for everyone. You cannot undo this."
						yes="Delete"
						onYes={() => {
							setDeleting(undefined);
							trying("The message was not deleted", () => remove(deleting));
						}}
						onNo={() => setDeleting(undefined)}
					/>
				)}
			</Suspense>
		</MessagesContext>
	);
}
