import { Box } from "ink";
import { createElement, type ReactNode } from "react";
import type { DraftLayout } from "../editor.ts";
import { PROMPT } from "../screen.ts";
import { RowLine } from "./row-line.ts";

/** Renders the lines of the draft that fit. */
export function Composer({
	laid,
	from,
	height,
}: {
	readonly laid: DraftLayout;
	/** Index of the first visible line. */
	readonly from: number;
	readonly height: number;
}): ReactNode {
	return createElement(
		Box,
		{ flexDirection: "column", height, overflow: "hidden" },
		...laid.lines.slice(from, from + height).map((line, i) =>
			createElement(RowLine, {
				key: i,
				row: [
					{
						text: from + i === 0 ? PROMPT : " ".repeat(PROMPT.length),
						bold: true,
					},
					{ text: line },
				],
			}),
		),
	);
}
