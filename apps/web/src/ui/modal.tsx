import { CSPProvider } from "@base-ui/react/csp-provider";
import { Dialog } from "@base-ui/react/dialog";
import type { ReactNode, RefObject } from "react";
import { CloseIcon } from "./icons.tsx";
import { useBackCloses } from "./use-back-closes.ts";

/**
 * A dialog over the page: keeps the focus in it, closes with Escape, and gives the focus back. A question over it is
 * among its children.
 */
export function Modal(props: {
	readonly title: string;
	/** What has the focus first; the button that closes it unless given. */
	readonly initialFocus?: RefObject<HTMLElement | null>;
	/** Whether the focus goes back to where it was; yes unless given. */
	readonly returnsFocus?: () => boolean;
	readonly onClose: () => void;
	readonly children: ReactNode;
}) {
	useBackCloses(props.onClose);
	return (
		// The page's policy allows no <style> elements.
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
