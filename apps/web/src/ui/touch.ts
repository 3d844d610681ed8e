/**
 * Whether touch is the primary input. An on-screen keyboard then opens when a field gets the focus and covers half of
 * the page.
 */
export const isTouch = matchMedia("(pointer: coarse)").matches;
