import {
	Box,
	useCursor,
	useInput,
	usePaste,
	useStdin,
	useWindowSize,
} from "ink";
import {
	createElement,
	type ReactNode,
	useEffect,
	useSyncExternalStore,
} from "react";
import { laidOut } from "../editor.ts";
import { commandsFor, focusIn } from "../keys.ts";
import type { ChatModel } from "../model.ts";
import { type ChatScreen, PROMPT } from "../screen.ts";
import { Composer } from "./composer.ts";
import { Header } from "./header.ts";
import { Messages } from "./messages.ts";
import { StatusLine } from "./status-line.ts";

export interface AppProps {
	readonly model: ChatModel;
	readonly screen: ChatScreen;
	/** Calls back when the model or the screen has changed. */
	readonly subscribe: (changed: () => void) => () => void;
	/** Returns a different number after every change. */
	readonly version: () => number;
}

/** Largest number of visible lines of the draft. */
const MOST_LINES = 5;

/** Renders the terminal: header, conversation, status line, draft. */
export function App({
	model,
	screen,
	subscribe,
	version,
}: AppProps): ReactNode {
	useSyncExternalStore(subscribe, version);
	const { columns, rows } = useWindowSize();
	const { setCursorPosition } = useCursor();

	useInput((input, key) => {
		for (const command of commandsFor(input, key)) screen.run(command);
	});
	const { stdin } = useStdin();
	// This comes after useInput, which starts reading; this effect only listens to the same input.
	useEffect(() => {
		const listen = (chunk: Buffer | string): void => {
			const command = focusIn(String(chunk));
			if (command) screen.run(command);
		};
		stdin.on("data", listen);
		return () => void stdin.off("data", listen);
	}, [stdin, screen]);
	usePaste((text) => screen.run({ type: "insert", text }));

	const laid = laidOut(screen.draft, columns - PROMPT.length);
	const lines = Math.max(1, Math.min(laid.lines.length, MOST_LINES, rows - 3));
	// The line with the cursor stays visible.
	const from = Math.max(
		0,
		Math.min(laid.cursor.y - lines + 1, laid.lines.length - lines),
	);
	const height = Math.max(1, rows - 2 - lines);
	const seen = screen.look(columns, height);
	useEffect(() => screen.shown(seen));
	setCursorPosition({
		x: PROMPT.length + laid.cursor.x,
		y: height + 2 + laid.cursor.y - from,
	});
	return createElement(
		Box,
		{ flexDirection: "column", width: columns, height: rows },
		createElement(Header, { model, columns }),
		createElement(Messages, { seen, height }),
		createElement(StatusLine, {
			model,
			columns,
			usage: screen.usage,
			newBelow: seen.isAtEnd ? 0 : screen.newBelow(),
			isAtEnd: seen.isAtEnd,
		}),
		createElement(Composer, { laid, from, height: lines }),
	);
}
