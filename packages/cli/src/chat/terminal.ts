/**
 * No wrapping at the right margin: where a terminal has other widths than we count, a row is cut off and shifts no
 * other.
 */
const AUTOWRAP = { off: "\u001b[?7l", on: "\u001b[?7h" };
/** The mouse wheel comes as arrow keys. */
const WHEEL = { on: "\u001b[?1007h", off: "\u001b[?1007l" };

/** The terminal reports when it gets and loses the focus. */
const FOCUS = { on: "\u001b[?1004h", off: "\u001b[?1004l" };

/** Empties the screen, whatever another program has written there. */
export function wipeTerminal(): void {
	process.stdout.write("\u001b[H\u001b[2J");
}

/** Sets the terminal up; returns what puts it back as it was, to be called once or more. */
export function prepareTerminal(): () => void {
	let isPrepared = true;
	process.stdout.write(AUTOWRAP.off + WHEEL.on + FOCUS.on);
	const restore = (): void => {
		if (!isPrepared) return;
		isPrepared = false;
		process.stdout.write(FOCUS.off + WHEEL.off + AUTOWRAP.on);
	};
	process.on("exit", restore);
	return restore;
}
