/**
 * Whether fingers are what it is used with first of all: then there is a keyboard only where one is asked for, over
 * half of the page.
 */
export const isTouch = matchMedia("(pointer: coarse)").matches;
