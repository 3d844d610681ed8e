/**
 * Wrapping at the right margin. It is off, so that a row whose width the terminal counts differently is cut and does
 * not shift other rows.
 */
const AUTOWRAP = { off: "\u001b[?7l", on: "\u001b[?7h" };
/** Makes the terminal send arrow keys for the mouse wheel. */
const WHEEL = { on: "\u001b[?1007h", off: "\u001b[?1007l" };

/** Makes the terminal report when it gets and loses the focus. */
const FOCUS = { on: "\u001b[?1004h", off: "\u001b[?1004l" };

/** Clears the screen, including output of other programs. */
export function wipeTerminal(): void {
	process.stdout.write("\u001b[H\u001b[2J");
}

/** Prepares the terminal. Returns a function that restores it, which may be called more than once. */
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
