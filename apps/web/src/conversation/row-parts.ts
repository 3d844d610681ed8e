import { type RefObject, useEffect } from "react";

/**
 * Makes a message a single stop of Tab: its links and buttons, which have the `tabIndex` -1, are reached from the
 * message that has the focus, with the right arrow key or Tab.
 * @param list contains elements `.row`
 * @param onWriting called when the composer gets the focus. The newest message is then the stop, so that Shift+Tab
 * leads to it. Must be the same function at each rendering.
 */
export function useRowParts(
	list: RefObject<HTMLElement | null>,
	onWriting: () => void,
): void {
	useEffect(() => {
		const { current: element } = list;
		const pane = element?.closest<HTMLElement>(".pane, .panel");
		if (!element || !pane) return;
		const key = (event: KeyboardEvent): void => {
			const { target, altKey, ctrlKey, metaKey } = event;
			if (altKey || ctrlKey || metaKey || event.isComposing) return;
			if (!(target instanceof Element)) return;
			const row = target.closest<HTMLElement>(".row");
			const part = row && partTo(row, target, event);
			if (!part) return;
			part.focus();
			event.preventDefault();
		};
		const focus = ({ target }: FocusEvent): void => {
			if (target instanceof Element && target.closest(".writing")) onWriting();
		};
		element.addEventListener("keydown", key);
		pane.addEventListener("focusin", focus);
		return () => {
			element.removeEventListener("keydown", key);
			pane.removeEventListener("focusin", focus);
		};
	}, [list, onWriting]);
}

/**
 * Returns the element of a row to which a key leads: the right arrow key and Tab lead from the row through its links
 * and buttons, the left arrow key and Shift+Tab back to the row. Undefined if the key leads out of the row.
 * @param from the row or an element in it that has the focus
 */
function partTo(
	row: HTMLElement,
	from: Element,
	{ key, shiftKey }: Pick<KeyboardEvent, "key" | "shiftKey">,
): HTMLElement | undefined {
	const step = { ArrowRight: 1, ArrowLeft: -1, Tab: shiftKey ? -1 : 1 }[key];
	if (step === undefined) return undefined;
	const stops = [row, ...partsOf(row)];
	const at = stops.indexOf(from as HTMLElement);
	return at < 0 ? undefined : stops[at + step];
}

/** Returns the links and buttons of a row, without those that repeat items of the message's menu. */
function partsOf(row: Element): HTMLElement[] {
	return [
		...row.querySelectorAll<HTMLElement>("a[href], button:not(:disabled)"),
	].filter((part) => !part.closest(".tools"));
}
