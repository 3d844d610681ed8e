import { type RefObject, useEffect, useRef } from "react";
import { flushSync } from "react-dom";
import type { Anchor } from "../ui/anchor.ts";
import { usePress } from "../ui/press.ts";

interface Actions {
	/** Opens the menu of a row. */
	readonly onMenu: (key: string, anchor: Anchor) => void;
	/** Called before a row gets the focus. */
	readonly onFocus: (key: string) => void;
}

/**
 * Handles the keys and presses of a list's rows: the arrow keys move between rows; Enter, the context menu key, a click
 * with the right button and a long press open the menu; Escape leads to the composer.
 * @param list contains elements `.row`
 */
export function useRowActions(
	list: RefObject<HTMLElement | null>,
	actions: Actions,
): void {
	const menu = (row: HTMLElement, anchor: Anchor): void => {
		if (row.dataset.key !== undefined) actions.onMenu(row.dataset.key, anchor);
	};
	const latest = useRef({ ...actions, menu });
	latest.current = { ...actions, menu };
	usePress(list, {
		pressed({ target }, by) {
			if (by === "keyboard") {
				const row = rowOf(target);
				return row === target && row ? bubbleOf(row) : undefined;
			}
			// The browser's menu copies selected text and opens links.
			const isBrowsers =
				by === "mouse" &&
				((target as Element).closest("a") || getSelection()?.toString());
			return isBrowsers ? undefined : inBubble(target);
		},
		open(bubble, anchor) {
			const row = rowOf(bubble);
			if (row) menu(row, anchor);
		},
	});
	useEffect(() => {
		const element = list.current;
		if (!element) return;
		const { signal, abort } = aborter();
		const on = <K extends keyof HTMLElementEventMap>(
			type: K,
			listener: (event: HTMLElementEventMap[K]) => void,
		): void => element.addEventListener(type, listener, { signal });
		on("focusin", ({ target }) => {
			const { key } = rowOf(target)?.dataset ?? {};
			if (key !== undefined) latest.current.onFocus(key);
		});
		on("keydown", (event) => {
			const row = rowOf(event.target);
			if (!row || row !== event.target || event.isComposing) return;
			const { key } = event;
			const next = neighbour(row, key);
			if (next) {
				const name = next.dataset.key ?? "";
				// The row has its label when the screen reader reads it.
				flushSync(() => latest.current.onFocus(name));
				next.focus({ preventScroll: true });
				next.scrollIntoView({ block: "nearest" });
			} else if (key === "Enter") latest.current.menu(row, bubbleOf(row));
			else if (key === "Escape")
				row
					.closest(".pane, .panel")
					?.querySelector<HTMLElement>(".composer textarea")
					?.focus();
			else return;
			event.preventDefault();
		});
		return abort;
	}, [list]);
}

function aborter(): { signal: AbortSignal; abort: () => void } {
	const controller = new AbortController();
	return { signal: controller.signal, abort: () => controller.abort() };
}

function rowOf(target: EventTarget | null): HTMLElement | null {
	return target instanceof Element ? target.closest<HTMLElement>(".row") : null;
}

function inBubble(target: EventTarget | null): Element | undefined {
	return target instanceof Element
		? (target.closest(".bubble") ?? undefined)
		: undefined;
}

function bubbleOf(row: Element): Element {
	return row.querySelector(".bubble") ?? row;
}

/** Returns the row that a key leads to. */
function neighbour(row: Element, key: string): HTMLElement | undefined {
	const step = { ArrowUp: -1, ArrowDown: 1 }[key];
	if (step === undefined) return undefined;
	let next: Element | null = row;
	do next = step < 0 ? next.previousElementSibling : next.nextElementSibling;
	while (next && !next.querySelector(".bubble"));
	return next instanceof HTMLElement ? next : undefined;
}
