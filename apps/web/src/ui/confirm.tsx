import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useRef } from "react";
import { useBackCloses } from "./use-back-closes.ts";

/** Asks for confirmation before an action that the user cannot undo. */
export function Confirm(props: {
	readonly question: string;
	readonly explanation: string;
	readonly yes: string;
	/** Returns the element that gets the focus afterwards. Default: the element that had it before. */
	readonly focusAfter?: () => HTMLElement | boolean;
	readonly onYes: () => void;
	readonly onNo: () => void;
}) {
	useBackCloses(props.onNo);
	const no = useRef<HTMLButtonElement>(null);
	return (
		<AlertDialog.Root open onOpenChange={(open) => !open && props.onNo()}>
			<AlertDialog.Portal>
				{/* Without forceRender a nested dialog gets no backdrop. */}
				<AlertDialog.Backdrop className="backdrop" forceRender />
				<AlertDialog.Popup
					className="modal small"
					initialFocus={no}
					finalFocus={props.focusAfter}
				>
					<AlertDialog.Title className="modal-title">
						{props.question}
					</AlertDialog.Title>
					<AlertDialog.Description>{props.explanation}</AlertDialog.Description>
					<div className="actions">
						<AlertDialog.Close ref={no} className="quiet">
							Cancel
						</AlertDialog.Close>
						<button className="danger" type="button" onClick={props.onYes}>
							{props.yes}
						</button>
					</div>
				</AlertDialog.Popup>
			</AlertDialog.Portal>
		</AlertDialog.Root>
	);
}
