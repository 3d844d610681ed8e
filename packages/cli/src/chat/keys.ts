import type { Key } from "ink";
import type { ScreenCommand } from "./screen.ts";

/** Commands of the control keys. They match those of a shell where a shell has them. */
const CONTROL: Readonly<Record<string, ScreenCommand>> = {
	a: { type: "move", motion: "home" },
	e: { type: "move", motion: "end" },
	b: { type: "move", motion: "left" },
	f: { type: "move", motion: "right" },
	d: { type: "erase", motion: "right" },
	h: { type: "erase", motion: "left" },
	j: { type: "insert", text: "\n" },
	k: { type: "erase", motion: "end" },
	u: { type: "erase", motion: "home" },
	w: { type: "erase", motion: "wordLeft" },
	p: { type: "scroll", by: -1 },
	n: { type: "scroll", by: 1 },
	o: { type: "open" },
	c: { type: "leave" },
	l: { type: "redraw" },
};
const META: Readonly<Record<string, ScreenCommand>> = {
	b: { type: "move", motion: "wordLeft" },
	f: { type: "move", motion: "wordRight" },
	d: { type: "erase", motion: "wordRight" },
};

/**
 * Finds the newest focus report in the raw input of the terminal. Ink drops these reports. Returns undefined if none.
 */
export function focusIn(chunk: string): ScreenCommand | undefined {
	const report = chunk.match(FOCUS_REPORT)?.at(-1);
	return report === undefined
		? undefined
		: { type: "focus", isFocused: report.endsWith("I") };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: terminals begin their reports with ESC.
const FOCUS_REPORT = /\x1b\[[IO]/g;

/** Returns the commands for an input of the terminal, which holds one key or several. */
export function commandsFor(input: string, key: Key): ScreenCommand[] {
	const command = single(input, key);
	if (command) return [command];
	if (key.ctrl || key.escape || key.tab) return [];
	// Several keys in one input, from fast typing or a program, may contain control characters.
	return Array.from(
		input.matchAll(/[^\p{Cc}]+|\p{Cc}/gu),
		([part]) => ofControlCharacter(part) ?? { type: "insert", text: part },
	);
}

function single(input: string, key: Key): ScreenCommand | undefined {
	const isWord = key.ctrl || key.meta;
	if (key.return)
		return key.meta || key.shift
			? { type: "insert", text: "\n" }
			: { type: "send" };
	if (key.pageUp) return { type: "page", by: -1 };
	if (key.pageDown) return { type: "page", by: 1 };
	if (key.upArrow)
		return isWord ? { type: "scroll", by: -1 } : { type: "line", by: -1 };
	if (key.downArrow)
		return isWord ? { type: "scroll", by: 1 } : { type: "line", by: 1 };
	if (key.leftArrow)
		return { type: "move", motion: isWord ? "wordLeft" : "left" };
	if (key.rightArrow)
		return { type: "move", motion: isWord ? "wordRight" : "right" };
	if (key.home) return { type: "move", motion: "home" };
	if (key.end)
		return isWord ? { type: "bottom" } : { type: "move", motion: "end" };
	if (key.backspace)
		return { type: "erase", motion: isWord ? "wordLeft" : "left" };
	if (key.delete) return { type: "erase", motion: "right" };
	if (key.ctrl) return CONTROL[input];
	if (key.meta) return META[input];
	return undefined;
}

function ofControlCharacter(character: string): ScreenCommand | undefined {
	if (!/^\p{Cc}$/u.test(character)) return undefined;
	if (character === "\r") return { type: "send" };
	if (character === "\x7f") return { type: "erase", motion: "left" };
	const letter = String.fromCharCode(character.charCodeAt(0) + 0x60);
	return CONTROL[letter] ?? { type: "insert", text: "" };
}
