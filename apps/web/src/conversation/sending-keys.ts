import { isTouch } from "../ui/touch.ts";

/** A tablet has room for a hardware keyboard; a phone's screen is narrower than this, in CSS pixels. */
const TABLET_WIDTH = 600;
/** `keyCode` of a key that an input method has handled. */
const HANDLED_BY_IME = 229;

let hasHardwareKeyboard = false;

/**
 * Notes a key press. An on-screen keyboard reports no physical key (`code`), and most of its presses as handled by an
 * input method.
 */
function note({ code, keyCode }: KeyboardEvent): void {
	if (code !== "" && code !== "Unidentified" && keyCode !== HANDLED_BY_IME)
		hasHardwareKeyboard = true;
}

/** Tells whether a key press sends the message. Enter can also begin a line or accept a proposal of an input method. */
export function sends(event: KeyboardEvent): boolean {
	note(event);
	if (event.key !== "Enter" || event.shiftKey || event.isComposing)
		return false;
	// Safari ends the composition before it reports the Enter that accepted it.
	if (event.keyCode === HANDLED_BY_IME) return false;
	if (event.ctrlKey || event.metaKey || !isTouch) return true;
	// On a phone Enter begins a line, because the send button is under the thumb.
	return (
		hasHardwareKeyboard && Math.min(screen.width, screen.height) >= TABLET_WIDTH
	);
}
