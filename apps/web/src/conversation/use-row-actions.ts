import { type RefObject, useEffect, useRef } from "react";
import { flushSync } from "react-dom";
import type { Anchor } from "../ui/popup.tsx";

/** Time after which a touch is a long press, in milliseconds. */
const LONG_MS = 450;
/** Distance that a finger may move during a long press, in pixels. */
const STILL = 10;

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
	const latest = useRef(actions);
	latest.current = actions;
	useEffect(() => {
		const element = list.current;
		if (!element) return;
		const { signal, abort } = aborter();
		const on = <K extends keyof HTMLElementEventMap>(
			type: K,
			listener: (event: HTMLElementEventMap[K]) => void,
		): void => element.addEventListener(type, listener, { signal });
		const menu = (row: HTMLElement, anchor: Anchor): void => {
			if (row.dataset.key !== undefined)
				latest.current.onMenu(row.dataset.key, anchor);
		};
		on("focusin", ({ target }) => {
			const { key } = rowOf(target)?.dataset ?? {};
			if (key !== undefined) latest.current.onFocus(key);
		});
		on("keydown", (event) => {
			const row = rowOf(event.target);
			if (!row || row !== event.target || event.isComposing) return;
			const { key, shiftKey } = event;
			const next = neighbour(row, key);
			if (next) {
				const name = next.dataset.key ?? "";
				// The row has its label when the screen reader reads it.
				flushSync(() => latest.current.onFocus(name));
				next.focus({ preventScroll: true });
				next.scrollIntoView({ block: "nearest" });
			} else if (key === "Enter" || key === "ContextMenu")
				menu(row, bubbleOf(row));
			else if (key === "F10" && shiftKey) menu(row, bubbleOf(row));
			else if (key === "Escape")
				row
					.closest(".pane, .panel")
					?.querySelector<HTMLElement>(".composer textarea")
					?.focus();
			else return;
			event.preventDefault();
		});
		let press: ReturnType<typeof setTimeout> | undefined;
		let begin = { x: 0, y: 0 };
		let isTouched = false;
		/** Whether the current touch has opened the menu. */
		let isPressed = false;
		const release = (): void => clearTimeout(press);
		on("pointerdown", (event) => {
			release();
			isTouched = event.pointerType === "touch";
			isPressed = false;
			const bubble = inBubble(event.target);
			const row = rowOf(event.target);
			if (!isTouched || !bubble || !row) return;
			begin = { x: event.clientX, y: event.clientY };
			press = setTimeout(() => {
				isPressed = true;
				menu(row, bubble);
			}, LONG_MS);
		});
		on("pointermove", ({ clientX, clientY }) => {
			if (Math.hypot(clientX - begin.x, clientY - begin.y) > STILL) release();
		});
		for (const type of ["pointerup", "pointercancel"] as const)
			on(type, release);
		// Without this, the end of a long press is a click beside the sheet, which closes it.
		on("touchend", (event) => {
			if (isPressed) event.preventDefault();
		});
		on("contextmenu", (event) => {
			const row = rowOf(event.target);
			if (!row) return;
			if (isTouched) {
				// Android reports its own long press. Its menu would cover the sheet.
				if (inBubble(event.target)) event.preventDefault();
				return;
			}
			// The browser's menu copies selected text and opens links.
			if (
				!inBubble(event.target) ||
				(event.target as Element).closest("a") ||
				getSelection()?.toString()
			)
				return;
			event.preventDefault();
			menu(row, pointOf(event));
		});
		return () => {
			release();
			abort();
		};
	}, [list]);
}

function aborter(): { signal: AbortSignal; abort: () => void } {
	const controller = new AbortController();
	return { signal: controller.signal, abort: () => controller.abort() };
}

function rowOf(target: EventTarget | null): HTMLElement | null {
	return target instanceof Element ? target.closest<HTMLElement>(".row") : null;
}

function inBubble(target: EventTarget | null): Element | null {
	return target instanceof Element ? target.closest(".bubble") : null;
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

function pointOf({ clientX, clientY }: MouseEvent): Anchor {
	return { getBoundingClientRect: () => new DOMRect(clientX, clientY) };
}
