import { useRef } from "react";
import type { Anchor } from "../../ui/anchor.ts";
import { Popup } from "../../ui/popup.tsx";
import { EmojiPicker } from "./emoji-picker.tsx";

/** Shows the emoji picker over the page. */
export function EmojiPopup(props: {
	readonly anchor: Anchor;
	readonly onPick: (emoji: string) => void;
	/** Element that gets the focus after the popup. */
	readonly finalFocus?: () => HTMLElement | boolean;
	readonly onClose: () => void;
}) {
	const search = useRef<HTMLInputElement>(null);
	return (
		<Popup
			label="Emoji"
			anchor={props.anchor}
			initialFocus={search}
			{...(props.finalFocus && { finalFocus: props.finalFocus })}
			onClose={props.onClose}
		>
			<EmojiPicker search={search} onPick={props.onPick} />
		</Popup>
	);
}
