import { CSPProvider } from "@base-ui/react/csp-provider";
import { Dialog } from "@base-ui/react/dialog";
import { Popover } from "@base-ui/react/popover";
import { type ReactNode, type RefObject, useRef } from "react";
import type { Anchor } from "./anchor.ts";
import { isTouch } from "./touch.ts";
import { useBackCloses } from "./use-back-closes.ts";

/**
 * Shows content beside an element, or as a sheet at the bottom of a touch screen. It closes with Escape and with a
 * click outside, and returns the focus.
 */
export function Popup(props: {
	readonly label: string;
	readonly anchor: Anchor;
	/** Element that gets the focus first, except on a touch screen, where it would open the keyboard. */
	readonly initialFocus: RefObject<HTMLElement | null>;
	/** Element that gets the focus after the popup. Default: the element that had it before. */
	readonly finalFocus?: () => HTMLElement | boolean;
	readonly onClose: () => void;
	readonly children: ReactNode;
}) {
	const changed = (open: boolean): void => {
		if (!open) props.onClose();
	};
	const { finalFocus = true } = props;
	return (
		// The page's content security policy forbids <style> elements.
		<CSPProvider disableStyleElements>
			{isTouch ? (
				<Sheet
					label={props.label}
					finalFocus={finalFocus}
					onClose={props.onClose}
				>
					{props.children}
				</Sheet>
			) : (
				<Popover.Root open onOpenChange={changed}>
					<Popover.Portal>
						<Popover.Positioner
							className="popup-place"
							anchor={props.anchor}
							side="top"
							align="end"
							sideOffset={6}
							collisionPadding={8}
						>
							<Popover.Popup
								className="popup"
								aria-label={props.label}
								initialFocus={props.initialFocus}
								finalFocus={finalFocus}
							>
								{props.children}
							</Popover.Popup>
						</Popover.Positioner>
					</Popover.Portal>
				</Popover.Root>
			)}
		</CSPProvider>
	);
}

/** Shows content at the bottom of a touch screen. */
export function Sheet(props: {
	readonly label: string;
	readonly finalFocus?: boolean | (() => HTMLElement | boolean);
	readonly onClose: () => void;
	readonly children: ReactNode;
}) {
	useBackCloses(props.onClose);
	const popup = useRef<HTMLDivElement>(null);
	return (
		<CSPProvider disableStyleElements>
			<Dialog.Root open onOpenChange={(open) => !open && props.onClose()}>
				<Dialog.Portal>
					<Dialog.Backdrop className="backdrop" />
					<Dialog.Popup
						ref={popup}
						className="sheet"
						// A field would open the keyboard.
						initialFocus={popup}
						aria-label={props.label}
						finalFocus={props.finalFocus ?? true}
					>
						{props.children}
						<Dialog.Close className="quiet sheet-close">Close</Dialog.Close>
					</Dialog.Popup>
				</Dialog.Portal>
			</Dialog.Root>
		</CSPProvider>
	);
}
