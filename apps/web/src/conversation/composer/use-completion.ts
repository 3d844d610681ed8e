import { type KeyboardEvent, useState } from "react";
import { type Named, nameAt } from "../mentions.ts";
import { proposals } from "./completion.tsx";

export interface CompletionState {
	readonly people: readonly Named[];
	readonly active: number;
	/** Call this after the text or the cursor changed. */
	readonly look: (field: HTMLTextAreaElement) => void;
	/** Replaces the typed beginning by the user's name. */
	readonly choose: (field: HTMLTextAreaElement, person: Named) => void;
	/** Handles a key. Returns whether it did. */
	readonly key: (event: KeyboardEvent<HTMLTextAreaElement>) => boolean;
	readonly close: () => void;
}

const CLOSED: { people: readonly Named[]; active: number } = {
	people: [],
	active: 0,
};

/** Proposes names after an `@`. @param everybody the users who can be mentioned */
export function useCompletion(everybody: readonly Named[]): CompletionState {
	const [state, setState] = useState(CLOSED);
	const close = (): void => setState(CLOSED);
	const choose = (field: HTMLTextAreaElement, { name }: Named): void => {
		const place = nameAt(field.value, field.selectionStart);
		close();
		if (!place) return;
		field.setRangeText(`@${name} `, place.from, field.selectionStart, "end");
		field.dispatchEvent(new Event("input", { bubbles: true }));
	};
	return {
		...state,
		close,
		choose,
		look(field) {
			const { selectionStart, selectionEnd, value } = field;
			const place =
				selectionStart === selectionEnd
					? nameAt(value, selectionStart)
					: undefined;
			const people = place ? proposals(everybody, place.typed) : [];
			const [only] = people;
			const isComplete =
				people.length === 1 &&
				only?.name.toLowerCase() === place?.typed.toLowerCase();
			if (people.length === 0 || isComplete) close();
			else
				setState(({ people: before, active }) => ({
					people,
					active: before.length === people.length ? active : 0,
				}));
		},
		key(event) {
			const { people, active } = state;
			const { key, nativeEvent, currentTarget } = event;
			if (people.length === 0 || nativeEvent.isComposing) return false;
			const step = { ArrowDown: 1, ArrowUp: -1 }[key];
			const person = people[active];
			if (step !== undefined)
				setState({
					people,
					active: (active + step + people.length) % people.length,
				});
			else if (key === "Escape") close();
			else if ((key === "Enter" || key === "Tab") && !event.shiftKey && person)
				choose(currentTarget, person);
			else return false;
			event.preventDefault();
			event.stopPropagation();
			return true;
		},
	};
}
