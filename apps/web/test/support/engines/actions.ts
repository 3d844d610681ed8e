/** Input as WebDriver describes it, classic and BiDi alike (W3C WebDriver, section 15, "Actions"). */

type Action = Readonly<Record<string, string | number>>;

interface ActionSource {
	readonly type: "key" | "pointer";
	readonly id: string;
	readonly actions: readonly Action[];
}

const ENTER = "\uE007";

export function clickActions(x: number, y: number): ActionSource[] {
	const actions = [
		{ type: "pointerMove", x, y },
		{ type: "pointerDown", button: 0 },
		{ type: "pointerUp", button: 0 },
	];
	return [{ type: "pointer", id: "mouse", actions }];
}

/** Types a text. @param text a line break is Enter */
export function keyActions(text: string): ActionSource[] {
	const actions = [...text]
		.map((character) => (character === "\n" ? ENTER : character))
		.flatMap((value) => [
			{ type: "keyDown", value },
			{ type: "keyUp", value },
		]);
	return [{ type: "key", id: "keyboard", actions }];
}
