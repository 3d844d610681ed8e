import { CSPProvider } from "@base-ui/react/csp-provider";
import { Dialog } from "@base-ui/react/dialog";
import type { ReactNode, RefObject } from "react";
import { CloseIcon } from "./icons.tsx";
import { useBackCloses } from "./use-back-closes.ts";

/**
 * Shows a dialog over the page. It keeps the focus inside, closes with Escape, and returns the focus. A `Confirm` over
 * the dialog is one of its children.
 */
export function Modal(props: {
	readonly title: string;
	/** Element that gets the focus first. Default: the close button. */
	readonly initialFocus?: RefObject<HTMLElement | null>;
	/** Whether the focus returns to the element that had it before, or to which element it goes. Default: yes. */
	readonly returnsFocus?: () => HTMLElement | boolean;
	readonly onClose: () => void;
	readonly children: ReactNode;
}) {
	useBackCloses(props.onClose);
	return (
		// The page's content security policy forbids <style> elements.
		<CSPProvider disableStyleElements>
			<Dialog.Root open onOpenChange={(open) => !open && props.onClose()}>
				<Dialog.Portal>
					<Dialog.Backdrop className="backdrop" />
					<Dialog.Popup
						className="modal"
						initialFocus={props.initialFocus}
						finalFocus={props.returnsFocus}
					>
						<header>
							<Dialog.Title className="modal-title">{props.title}</Dialog.Title>
							<Dialog.Close className="round" aria-label="Close">
								<CloseIcon />
							</Dialog.Close>
						</header>
						{props.children}
					</Dialog.Popup>
				</Dialog.Portal>
			</Dialog.Root>
		</CSPProvider>
	);
}
