import { type RefObject, useEffect, useRef } from "react";
import { type Anchor, pointOf } from "./anchor.ts";

/** Duration of a long press, as on Android, in milliseconds. */
const LONG_MS = 500;
/** A finger that moves further scrolls, in CSS pixels. */
const STILL_PX = 10;
/** `button` of a click with the right mouse button. The keyboard's context menu reports a different number. */
const RIGHT = 2;

interface Press {
	/** Returns the element whose menu opens, or undefined where the browser's own menu does. */
	readonly pressed: (
		event: Event,
		by: "mouse" | "touch" | "keyboard",
	) => Element | undefined;
	/** Opens the menu of the pressed element. */
	readonly open: (element: Element, anchor: Anchor) => void;
}

/**
 * Opens the menus of elements inside `parent`: by the right mouse button, by the keyboard (Menu key or Shift+F10) and
 * by a long press. Safari on iOS raises no event for a long press, so this measures it.
 */
export function usePress(
	parent: RefObject<HTMLElement | null>,
	press: Press,
): void {
	const latest = useRef(press);
	latest.current = press;
	useEffect(() => {
		const element = parent.current;
		if (!element) return;
		const listening = new AbortController();
		const { signal } = listening;
		let timer: ReturnType<typeof setTimeout> | undefined;
		let from = { x: 0, y: 0 };
		/** Whether the user touched the page last, and used neither a mouse nor the keyboard since. */
		let isTouched = false;
		/** Whether the current touch has opened a menu. */
		let isLong = false;
		const cancel = (): void => clearTimeout(timer);
		signal.addEventListener("abort", cancel);
		const on = <K extends keyof HTMLElementEventMap>(
			type: K,
			listener: (event: HTMLElementEventMap[K]) => void,
		): void => element.addEventListener(type, listener, { signal });
		on("pointerdown", (event) => {
			cancel();
			isLong = false;
			isTouched = event.pointerType === "touch";
			// A second finger zooms.
			if (!isTouched || !event.isPrimary) return;
			const pressed = latest.current.pressed(event, "touch");
			if (!pressed) return;
			from = { x: event.clientX, y: event.clientY };
			timer = setTimeout(() => {
				isLong = true;
				latest.current.open(pressed, pressed);
			}, LONG_MS);
		});
		on("pointermove", ({ clientX, clientY }) => {
			if (Math.hypot(clientX - from.x, clientY - from.y) > STILL_PX) cancel();
		});
		on("pointerup", cancel);
		on("pointercancel", cancel);
		// Without this, the end of a long press is a click: it opens a link, or closes the sheet beside it.
		on("touchend", (event) => {
			if (isLong) event.preventDefault();
		});
		on("keydown", () => {
			isTouched = false;
		});
		on("contextmenu", (event) => {
			const isMouse = event.button === RIGHT;
			const by = isTouched ? "touch" : isMouse ? "mouse" : "keyboard";
			const pressed = latest.current.pressed(event, by);
			if (!pressed) return;
			event.preventDefault();
			// Android raises this event during a long press, before or after the timer.
			if (by !== "touch")
				latest.current.open(pressed, by === "mouse" ? pointOf(event) : pressed);
		});
		return () => listening.abort();
	}, [parent]);
}
