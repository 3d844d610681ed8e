import { Box } from "ink";
import { createElement, type ReactNode } from "react";
import { BLANK } from "../row.ts";
import type { VisibleRows } from "../viewport.ts";
import { RowLine } from "./row-line.ts";

/** Renders the visible part of the conversation, aligned to the bottom. */
export function Messages({
	seen,
	height,
}: {
	readonly seen: VisibleRows;
	readonly height: number;
}): ReactNode {
	const blanks = Array.from({ length: height - seen.rows.length }, () => BLANK);
	return createElement(
		Box,
		{ flexDirection: "column", height, overflow: "hidden" },
		...[...blanks, ...seen.rows].map((row, key) =>
			createElement(RowLine, { key, row }),
		),
	);
}
