import { Menu } from "@base-ui/react/menu";
import { type ReactNode, useState } from "react";
import { type Anchor, Sheet } from "./popup.tsx";
import { isTouch } from "./touch.ts";

/** An item of a menu: an action, or a name for several actions. */
export interface MenuItem {
	readonly words: string;
	readonly Icon?: () => ReactNode;
	/** Whether the action cannot be undone. */
	readonly isBad?: boolean;
	/** Explanation beside the words. */
	readonly note?: string;
	readonly onChoose?: () => void;
	readonly items?: readonly MenuItem[];
}

interface Props {
	readonly label: string;
	readonly anchor: Anchor;
	/** Groups of items. A line separates them. */
	readonly groups: readonly (readonly MenuItem[])[];
	/** Returns the element that gets the focus after the menu; false if a dialog takes it. */
	readonly focusAfter: () => HTMLElement | boolean;
	readonly onClose: () => void;
}

/** Shows a menu beside an element, or a sheet at the bottom of a touch screen. */
export function ActionMenu(props: Props) {
	return isTouch ? <ActionSheet {...props} /> : <DropDown {...props} />;
}

function DropDown(props: Props) {
	return (
		<Menu.Root open onOpenChange={(open) => !open && props.onClose()}>
			<Menu.Portal container={landmark()}>
				<Menu.Positioner
					className="popup-place"
					anchor={props.anchor}
					side="bottom"
					align="start"
					sideOffset={4}
					collisionPadding={8}
				>
					<Menu.Popup
						className="menu"
						aria-label={props.label}
						finalFocus={props.focusAfter}
					>
						{props.groups.map((items, i) => (
							<Menu.Group key={items[0]?.words}>
								{i > 0 && <Menu.Separator className="separator" />}
								{items.map((item) =>
									item.items ? (
										<SubMenu key={item.words} {...item} />
									) : (
										<Menu.Item
											key={item.words}
											className={item.isBad ? "item bad" : "item"}
											onClick={item.onChoose}
										>
											<Face {...item} />
										</Menu.Item>
									),
								)}
							</Menu.Group>
						))}
					</Menu.Popup>
				</Menu.Positioner>
			</Menu.Portal>
		</Menu.Root>
	);
}

/** Returns the element for popups: all content of a page belongs to a landmark. */
function landmark(): HTMLElement | null {
	return document.querySelector("main");
}

function SubMenu(item: MenuItem) {
	return (
		<Menu.SubmenuRoot>
			<Menu.SubmenuTrigger className="item">
				<Face {...item} />
				<span className="arrow" aria-hidden="true">
					›
				</span>
			</Menu.SubmenuTrigger>
			<Menu.Portal container={landmark()}>
				<Menu.Positioner className="popup-place" collisionPadding={8}>
					<Menu.Popup className="menu" aria-label={item.words}>
						{item.items?.map((it) => (
							<Menu.Item key={it.words} className="item" onClick={it.onChoose}>
								<Face {...it} />
							</Menu.Item>
						))}
					</Menu.Popup>
				</Menu.Positioner>
			</Menu.Portal>
		</Menu.SubmenuRoot>
	);
}

function Face({ Icon, words, note }: MenuItem) {
	return (
		<>
			{Icon && <Icon />}
			<span className="words">{words}</span>
			{note !== undefined && <small>{note}</small>}
		</>
	);
}

function ActionSheet(props: Props) {
	const { onClose } = props;
	const [within, setWithin] = useState<MenuItem>();
	const groups = within?.items ? [within.items] : props.groups;
	const title = within?.words ?? props.label;
	return (
		<Sheet label={title} finalFocus={props.focusAfter} onClose={onClose}>
			<p className="sheet-title">{title}</p>
			{groups.map((items) => (
				<div className="sheet-group" key={items[0]?.words}>
					{items.map((item) => (
						<button
							key={item.words}
							type="button"
							className={item.isBad ? "item bad" : "item"}
							onClick={() => {
								if (item.items) return setWithin(item);
								item.onChoose?.();
								onClose();
							}}
						>
							<Face {...item} />
						</button>
					))}
				</div>
			))}
		</Sheet>
	);
}
