/** Line on the screen: pieces of {@link printable} text, each with its style. */
export type Row = readonly Span[];

export interface Span {
	readonly text: string;
	readonly colour?: Colour;
	readonly bold?: boolean;
	readonly dim?: boolean;
	readonly inverse?: boolean;
}

export type Colour = "cyan" | "green" | "yellow" | "magenta" | "red";

export const BLANK: Row = [{ text: " " }];
