import { Text } from "ink";
import { createElement, type ReactNode } from "react";
import { BLANK, type Row } from "../row.ts";

/** Whether to use colours. NO_COLOR turns colours off and keeps emphasis: https://no-color.org */
const isColoured = !process.env.NO_COLOR;

/** Renders a row. A row that is too wide for the window is cut, not wrapped. */
export function RowLine({ row }: { readonly row: Row }): ReactNode {
	const spans = row.length === 0 ? BLANK : row;
	return createElement(
		Text,
		{ wrap: "truncate" },
		...spans.map(({ text, colour, bold, dim, inverse }, key) =>
			createElement(
				Text,
				{
					key,
					...(colour && isColoured ? { color: colour } : {}),
					bold: bold ?? false,
					dimColor: dim ?? false,
					inverse: inverse ?? false,
				},
				text,
			),
		),
	);
}
