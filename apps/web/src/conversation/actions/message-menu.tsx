import { CSPProvider } from "@base-ui/react/csp-provider";
import { Menu } from "@base-ui/react/menu";
import { type ReactNode, useRef } from "react";
import { useDirectory } from "../../people/directory.ts";
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
import { type Anchor, Sheet } from "../../ui/popup.tsx";
import { isTouch } from "../../ui/touch.ts";
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
/**
 * These open something with a history entry of its own. The sheet removes its entry first, which takes until the next
 * `popstate`.
 */
const OPENING: readonly Action[] = ["react", "thread", "delete"];

export interface MenuProps {
	readonly line: Line;
	readonly me: string;
	readonly anchor: Anchor;
	readonly actions: readonly Action[];
	readonly onAction: (action: Action) => void;
	readonly onReact: (reaction: string, on: boolean) => void;
	readonly onClose: () => void;
}

/** Shows what the user can do with a message: as a menu, or as a sheet on a touch screen. */
export function MessageMenu(props: MenuProps) {
	return isTouch ? <ActionSheet {...props} /> : <ActionMenu {...props} />;
}

function ActionMenu(props: MenuProps) {
	const { line, actions } = props;
	const chosen = useRef<Action>(undefined);
	const quick = line.row?.reactions.filter(({ me }) => me) ?? [];
	return (
		// The page's content security policy forbids <style> elements.
		<CSPProvider disableStyleElements>
			<Menu.Root open onOpenChange={(open) => !open && props.onClose()}>
				{/* Inside the page's main part, where screen readers look for content. The list's rows are `li.conversation`. */}
				<Menu.Portal
					container={document.querySelector<HTMLElement>("div.conversation")}
				>
					<Menu.Positioner
						className="popup-place"
						anchor={props.anchor}
						side="bottom"
						align={line.isOwn ? "end" : "start"}
						sideOffset={4}
						collisionPadding={8}
					>
						<Menu.Popup
							className="menu"
							aria-label="Message"
							finalFocus={() =>
								chosen.current === undefined || !MOVING.includes(chosen.current)
							}
						>
							{actions.includes("react") && (
								<div className="quick">
									{QUICK.map((reaction) => {
										const isOn = quick.some((it) => it.reaction === reaction);
										return (
											<Menu.CheckboxItem
												key={reaction}
												aria-label={`React with ${reaction}`}
												checked={isOn}
												closeOnClick
												onCheckedChange={(on) => props.onReact(reaction, on)}
											>
												{reaction}
											</Menu.CheckboxItem>
										);
									})}
								</div>
							)}
							{actions.map((action) => {
								const { words, Icon } = ITEMS[action];
								return (
									<Menu.Item
										key={action}
										className={action === "delete" ? "item bad" : "item"}
										onClick={() => {
											chosen.current = action;
											props.onAction(action);
										}}
									>
										<Icon />
										<span>{words}</span>
									</Menu.Item>
								);
							})}
						</Menu.Popup>
					</Menu.Positioner>
				</Menu.Portal>
			</Menu.Root>
		</CSPProvider>
	);
}

function ActionSheet(props: MenuProps) {
	const { line, me, actions } = props;
	const directory = useDirectory();
	const chosen = useRef<Action>(undefined);
	const reactions = line.row?.reactions ?? [];
	const name = (id: string): string => (id === me ? "you" : directory.name(id));
	return (
		<Sheet
			label="Message"
			finalFocus={() =>
				chosen.current === undefined || !MOVING.includes(chosen.current)
			}
			onClose={props.onClose}
		>
			{actions.includes("react") && (
				<div className="quick">
					{QUICK.map((reaction) => {
						const isOn = reactions.some(
							(it) => it.reaction === reaction && it.me,
						);
						return (
							<button
								key={reaction}
								type="button"
								aria-label={`React with ${reaction}`}
								aria-pressed={isOn}
								onClick={() => {
									props.onReact(reaction, !isOn);
									props.onClose();
								}}
							>
								{reaction}
							</button>
						);
					})}
				</div>
			)}
			{reactions.length > 0 && (
				<ul className="reacted" aria-label="Reactions">
					{reactions.map(({ reaction, count, userIds }) => (
						<li key={reaction}>
							<span>{reaction}</span>
							<span>{namesOf(userIds.map(name), count)}</span>
						</li>
					))}
				</ul>
			)}
			{actions.map((action) => {
				const { words, Icon } = ITEMS[action];
				return (
					<button
						key={action}
						type="button"
						className={action === "delete" ? "item bad" : "item"}
						onClick={() => {
							chosen.current = action;
							props.onClose();
							if (OPENING.includes(action))
								addEventListener("popstate", () => props.onAction(action), {
									once: true,
								});
							else props.onAction(action);
						}}
					>
						<Icon />
						<span>{words}</span>
					</button>
				);
			})}
		</Sheet>
	);
}
