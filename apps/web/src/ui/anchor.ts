/** Place of a popup: an element or a point of the page. */
export type Anchor = Element | { getBoundingClientRect(): DOMRect };

/** Returns the place of the pointer. */
export function pointOf(pointer: {
	readonly clientX: number;
	readonly clientY: number;
}): Anchor {
	const { clientX: x, clientY: y } = pointer;
	return { getBoundingClientRect: () => DOMRect.fromRect({ x, y }) };
}
