import { createElement, type ReactNode } from "react";
import stringWidth from "string-width";
import type { ChatModel } from "../model.ts";
import { fitted } from "../wrap.ts";
import { RowLine } from "./row-line.ts";

/** Renders the title of the conversation, the users online and the state of the connection. */
export function Header({
	model,
	columns,
}: {
	readonly model: ChatModel;
	readonly columns: number;
}): ReactNode {
	const { title, connection, here, hereCount, isConnected } = model;
	const state = ` ${connection} `;
	const room = Math.max(0, columns - stringWidth(state));
	const who =
		isConnected && here.length > 0
			? `${hereCount} here: ${here.join(", ")}`
			: "";
	const name = fitted(` ${title}`, who ? Math.floor(room / 2) : room);
	const people = fitted(who, Math.max(0, room - stringWidth(name) - 3));
	const left = people === "" ? name : `${name} · ${people}`;
	const gap = " ".repeat(Math.max(0, room - stringWidth(left)));
	return createElement(RowLine, {
		row: [
			{ text: left + gap, inverse: true },
			{
				text: state,
				inverse: true,
				bold: true,
				...(isConnected ? {} : { colour: "yellow" as const }),
			},
		],
	});
}
