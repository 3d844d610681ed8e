import { type ReactNode, useRef } from "react";
import { useDirectory } from "../../people/directory.ts";
import type { Anchor } from "../../ui/anchor.ts";
import {
	CopyIcon,
	EditIcon,
	PinIcon,
	ReplyIcon,
	SmileIcon,
	ThreadIcon,
	TrashIcon,
	UnreadIcon,
} from "../../ui/icons.tsx";
import { ActionMenu, type MenuItem } from "../../ui/menu.tsx";
import type { Line } from "../lines.ts";
import { namesOf } from "../reactions.tsx";
import { type Action, QUICK } from "./menu-items.ts";

const ITEMS: Readonly<
	Record<Action, { readonly words: string; readonly Icon: () => ReactNode }>
> = {
	react: { words: "Add reaction…", Icon: SmileIcon },
	reply: { words: "Reply", Icon: ReplyIcon },
	thread: { words: "Reply in thread", Icon: ThreadIcon },
	edit: { words: "Edit", Icon: EditIcon },
	copy: { words: "Copy text", Icon: CopyIcon },
	pin: { words: "Pin", Icon: PinIcon },
	unpin: { words: "Unpin", Icon: PinIcon },
	unread: { words: "Mark as unread", Icon: UnreadIcon },
	delete: { words: "Delete…", Icon: TrashIcon },
};
/** After these the focus goes to the composer, a panel or a dialog. */
const MOVING: readonly Action[] = [
	"react",
	"reply",
	"thread",
	"edit",
	"delete",
];
/** These open something with a history entry of its own. */
const OPENING: readonly Action[] = ["react", "thread", "delete"];

/** Shows what the user can do with a message. */
export function MessageMenu(props: {
	readonly line: Line;
	readonly me: string;
	readonly anchor: Anchor;
	readonly actions: readonly Action[];
	readonly onAction: (action: Action) => void;
	readonly onReact: (reaction: string, on: boolean) => void;
	readonly onClose: () => void;
}) {
	const { line, me, actions, onAction, onReact } = props;
	const directory = useDirectory();
	const chosen = useRef<Action>(undefined);
	const reactions = line.row?.reactions ?? [];
	const name = (id: string): string => (id === me ? "you" : directory.name(id));
	const items = actions.map(
		(action): MenuItem => ({
			...ITEMS[action],
			isBad: action === "delete",
			onChoose(after) {
				chosen.current = action;
				if (OPENING.includes(action)) after(() => onAction(action));
				else onAction(action);
			},
		}),
	);
	return (
		<ActionMenu
			label="Message"
			anchor={props.anchor}
			align={line.isOwn ? "end" : "start"}
			toggles={
				actions.includes("react")
					? QUICK.map((sign) => ({
							sign,
							label: `React with ${sign}`,
							isOn: reactions.some((it) => it.reaction === sign && it.me),
							onChange: (on) => onReact(sign, on),
						}))
					: []
			}
			head={
				reactions.length > 0 && (
					<ul className="reacted" aria-label="Reactions">
						{reactions.map(({ reaction, count, userIds }) => (
							<li key={reaction}>
								<span>{reaction}</span>
								<span>{namesOf(userIds.map(name), count)}</span>
							</li>
						))}
					</ul>
				)
			}
			groups={[
				items.filter(({ isBad }) => !isBad),
				items.filter(({ isBad }) => isBad),
			].filter((group) => group.length > 0)}
			focusAfter={() =>
				chosen.current === undefined || !MOVING.includes(chosen.current)
			}
			onClose={props.onClose}
		/>
	);
}
