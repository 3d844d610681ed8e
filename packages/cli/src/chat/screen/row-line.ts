import { Text } from "ink";
import { createElement, type ReactNode } from "react";
import { BLANK, type Row } from "../row.ts";

/** https://no-color.org: emphasis stays, colour goes. */
const isColoured = !process.env.NO_COLOR;

/** One row; what is too wide for the window, which nothing should be, is cut off and not wrapped. */
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
