import {
	type MouseEvent,
	type TouchEvent,
	useEffect,
	useMemo,
	useRef,
} from "react";
import type { Anchor } from "./popup.tsx";

/** Duration of a long press, as on Android. */
const LONG_MS = 500;
/** A finger that moves further scrolls, in CSS pixels. */
const STILL_PX = 10;
/** `button` of a click with the right mouse button. The keyboard's context menu reports a different number. */
const RIGHT = 2;

/**
 * Returns listeners that open an element's menu: by the right mouse button, by the keyboard (Menu key or Shift+F10) and
 * by a long press. Safari on iOS raises no event for a long press, so this measures it.
 */
export function usePress(open: (anchor: Anchor) => void) {
	const latest = useRef(open);
	latest.current = open;
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	useEffect(() => () => clearTimeout(timer.current), []);
	return useMemo(() => {
		let from = { x: 0, y: 0 };
		let isPressed = false;
		const cancel = (): void => clearTimeout(timer.current);
		return {
			onContextMenu(event: MouseEvent): void {
				event.preventDefault();
				cancel();
				// Android raises this event during a long press, before or after the timer.
				if (isPressed) return;
				isPressed = event.button !== RIGHT && from.x > 0;
				latest.current(
					event.button === RIGHT
						? pointAt(event.clientX, event.clientY)
						: event.currentTarget,
				);
			},
			onTouchStart({ touches, currentTarget }: TouchEvent): void {
				const touch = touches[0];
				cancel();
				isPressed = false;
				if (!touch || touches.length > 1) return;
				from = { x: touch.clientX, y: touch.clientY };
				timer.current = setTimeout(() => {
					isPressed = true;
					latest.current(currentTarget);
				}, LONG_MS);
			},
			onTouchMove({ touches }: TouchEvent): void {
				const touch = touches[0];
				if (
					!touch ||
					Math.hypot(touch.clientX - from.x, touch.clientY - from.y) > STILL_PX
				)
					cancel();
			},
			onTouchEnd(event: TouchEvent): void {
				cancel();
				from = { x: 0, y: 0 };
				// Without this, the end of a long press opens the link.
				if (isPressed) event.preventDefault();
				isPressed = false;
			},
			onTouchCancel(): void {
				cancel();
				from = { x: 0, y: 0 };
				isPressed = false;
			},
		};
	}, []);
}

function pointAt(x: number, y: number): Anchor {
	return { getBoundingClientRect: () => DOMRect.fromRect({ x, y }) };
}
