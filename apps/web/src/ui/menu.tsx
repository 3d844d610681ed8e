import { CSPProvider } from "@base-ui/react/csp-provider";
import { Menu } from "@base-ui/react/menu";
import { type ReactNode, useState } from "react";
import type { Anchor } from "./anchor.ts";
import { Sheet } from "./popup.tsx";
import { isTouch } from "./touch.ts";

/** Runs work that opens a dialog or leaves the page, once the menu no longer has an entry in the browser's history. */
export type AfterMenu = (work: () => void) => void;

/** An item of a menu: an action, or a name for several actions. */
export interface MenuItem {
	readonly words: string;
	readonly Icon?: () => ReactNode;
	/** Whether the action cannot be undone. */
	readonly isBad?: boolean;
	/** Explanation beside the words. */
	readonly note?: string;
	readonly onChoose?: (after: AfterMenu) => void;
	readonly items?: readonly MenuItem[];
}

/** A sign that the user turns on and off, in the first line of a menu. */
interface MenuToggle {
	readonly sign: string;
	readonly label: string;
	readonly isOn: boolean;
	readonly onChange: (on: boolean) => void;
}

interface Props {
	readonly label: string;
	readonly anchor: Anchor;
	/** Edge of the anchor at which the menu stands. Default: `start`. */
	readonly align?: "start" | "end";
	readonly toggles?: readonly MenuToggle[];
	/** Groups of items. A line separates them. */
	readonly groups: readonly (readonly MenuItem[])[];
	/** What a sheet shows above the items. Default: the label. */
	readonly head?: ReactNode;
	/** Returns the element that gets the focus after the menu; false if a dialog takes it. */
	readonly focusAfter: () => HTMLElement | boolean;
	readonly onClose: () => void;
}

/** Shows a menu beside an element, or a sheet at the bottom of a touch screen. */
export function ActionMenu(props: Props) {
	return isTouch ? <ActionSheet {...props} /> : <DropDown {...props} />;
}

const atOnce: AfterMenu = (work) => work();
/** The sheet removes its history entry first, which takes until the next `popstate`. */
const afterSheet: AfterMenu = (work) =>
	addEventListener("popstate", work, { once: true });

function classOf({ isBad }: MenuItem): string {
	return isBad ? "item bad" : "item";
}

function DropDown(props: Props) {
	const { toggles = [] } = props;
	const [popup, setPopup] = useState<HTMLElement | null>(null);
	return (
		// The page's content security policy forbids <style> elements.
		<CSPProvider disableStyleElements>
			<Menu.Root open onOpenChange={(open) => !open && props.onClose()}>
				<Menu.Portal container={landmark()}>
					<Menu.Positioner
						className="popup-place"
						anchor={props.anchor}
						side="bottom"
						align={props.align ?? "start"}
						sideOffset={4}
						collisionPadding={8}
					>
						<Menu.Popup
							ref={setPopup}
							className="menu"
							aria-label={props.label}
							finalFocus={props.focusAfter}
						>
							{toggles.length > 0 && (
								<div className="toggles">
									{toggles.map(({ sign, label, isOn, onChange }) => (
										<Menu.CheckboxItem
											key={sign}
											aria-label={label}
											checked={isOn}
											closeOnClick
											onCheckedChange={onChange}
										>
											{sign}
										</Menu.CheckboxItem>
									))}
								</div>
							)}
							{props.groups.map((items, i) => (
								<Menu.Group key={items[0]?.words}>
									{i > 0 && <Menu.Separator className="separator" />}
									{items.map((item) =>
										item.items ? (
											<SubMenu key={item.words} within={popup} {...item} />
										) : (
											<Item key={item.words} {...item} />
										),
									)}
								</Menu.Group>
							))}
						</Menu.Popup>
					</Menu.Positioner>
				</Menu.Portal>
			</Menu.Root>
		</CSPProvider>
	);
}

/** Returns the element for popups: all content of a page belongs to a landmark. */
function landmark(): HTMLElement | null {
	return document.querySelector("main");
}

function Item(item: MenuItem) {
	return (
		<Menu.Item
			className={classOf(item)}
			onClick={() => item.onChoose?.(atOnce)}
		>
			<Face {...item} />
		</Menu.Item>
	);
}

/**
 * Shows a menu beside its item. In Preact, events in a portal reach only the elements around it: with a submenu
 * elsewhere, the menu would take each press in it for a press outside, and close.
 * @param within popup of the menu
 */
function SubMenu({
	within,
	...item
}: MenuItem & { readonly within: HTMLElement | null }) {
	return (
		<Menu.SubmenuRoot>
			<Menu.SubmenuTrigger className="item">
				<Face {...item} />
				<span className="arrow" aria-hidden="true">
					›
				</span>
			</Menu.SubmenuTrigger>
			<Menu.Portal container={within}>
				<Menu.Positioner
					className="popup-place"
					positionMethod="fixed"
					collisionPadding={8}
				>
					<Menu.Popup className="menu" aria-label={item.words}>
						{item.items?.map((it) => (
							<Item key={it.words} {...it} />
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
	const { onClose, toggles = [] } = props;
	const [within, setWithin] = useState<MenuItem>();
	const groups = within?.items ? [within.items] : props.groups;
	const title = within?.words ?? props.label;
	return (
		<Sheet label={title} finalFocus={props.focusAfter} onClose={onClose}>
			{toggles.length > 0 && (
				<div className="toggles">
					{toggles.map(({ sign, label, isOn, onChange }) => (
						<button
							key={sign}
							type="button"
							aria-label={label}
							aria-pressed={isOn}
							onClick={() => {
								onChange(!isOn);
								onClose();
							}}
						>
							{sign}
						</button>
					))}
				</div>
			)}
			{within || props.head === undefined ? (
				<p className="sheet-title">{title}</p>
			) : (
				props.head
			)}
			{groups.map((items) => (
				<div className="sheet-group" key={items[0]?.words}>
					{items.map((item) => (
						<button
							key={item.words}
							type="button"
							className={classOf(item)}
							onClick={() => {
								if (item.items) return setWithin(item);
								item.onChoose?.(afterSheet);
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
