/**
 * Returns the element of a row to which a key leads: the right arrow key and Tab lead from the row through its links
 * and buttons, the left arrow key and Shift+Tab back to the row. Undefined if the key leads out of the row.
 * @param from the row or an element in it that has the focus
 */
export function partTo(
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
