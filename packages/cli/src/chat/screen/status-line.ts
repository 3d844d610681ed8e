import { createElement, type ReactNode } from "react";
import type { ChatModel } from "../model.ts";
import type { Row } from "../row.ts";
import { fitted } from "../wrap.ts";
import { RowLine } from "./row-line.ts";

/** Renders the line between messages and draft: a notice, the usage of a command, new messages below, typing users. */
export function StatusLine({
	model,
	columns,
	usage,
	newBelow,
	isAtEnd,
}: {
	readonly model: ChatModel;
	readonly columns: number;
	/** How to use the command of the draft; empty if there is none. */
	readonly usage: string;
	readonly newBelow: number;
	readonly isAtEnd: boolean;
}): ReactNode {
	return createElement(RowLine, { row: content() });

	function content(): Row {
		const { notice, isLoading, isConnected } = model;
		if (notice !== "")
			return [{ text: fitted(notice, columns), colour: "red" }];
		if (usage !== "") return [{ text: fitted(usage, columns), dim: true }];
		if (newBelow > 0)
			return [
				{
					text: fitted(`↓ ${newBelow} new below (Page Down)`, columns),
					bold: true,
					colour: "yellow",
				},
			];
		if (isLoading && isConnected)
			return [{ text: fitted("loading older messages…", columns), dim: true }];
		const typing = typingInWords(model.typing);
		if (typing !== "") return [{ text: fitted(typing, columns), dim: true }];
		if (!isAtEnd)
			return [{ text: fitted("↓ more below (Page Down)", columns), dim: true }];
		return [{ text: "─".repeat(columns), dim: true }];
	}
}

function typingInWords(names: readonly string[]): string {
	const [first, second] = names;
	if (first === undefined) return "";
	if (second === undefined) return `${first} is typing…`;
	return names.length === 2
		? `${first} and ${second} are typing…`
		: `${names.length} people are typing…`;
}
