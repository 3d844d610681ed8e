import { parseFrame } from "../frames.ts";

/** A frame as on the wire, not validated. */
export type WireFrame = Readonly<Record<string, unknown>>;

/** Parses a frame; a frame without fields if the text is not an object. */
export function wireOf(text: string): WireFrame {
	const value = parseFrame(text);
	return typeof value === "object" && value !== null
		? (value as WireFrame)
		: {};
}

/** Returns a field if it is a string. */
export function textOf(value: unknown): string | undefined {
	return typeof value === "string" ? value : undefined;
}
