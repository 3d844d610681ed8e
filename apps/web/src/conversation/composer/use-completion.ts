import {
	type KeyboardEvent,
	type RefObject,
	useEffect,
	useRef,
	useState,
} from "react";
import { type Named, nameAt } from "../mentions.ts";
import { proposals } from "./completion.tsx";

export interface CompletionState {
	readonly people: readonly Named[];
	readonly active: number;
	/** Call this after the text changed. */
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

/**
 * Proposes names after an `@`, also when the cursor moves behind it.
 * @param field the field in which the user writes
 * @param everybody the users who can be mentioned
 */
export function useCompletion(
	field: RefObject<HTMLTextAreaElement | null>,
	everybody: readonly Named[],
): CompletionState {
	const [state, setState] = useState(CLOSED);
	const close = (): void => setState(CLOSED);
	const cursor = useRef("");
	const look = (field: HTMLTextAreaElement): void => {
		const { selectionStart, selectionEnd, value } = field;
		cursor.current = cursorOf(field);
		const place =
			selectionStart === selectionEnd
				? nameAt(value, selectionStart)
				: undefined;
		const people = place ? proposals(everybody, place.typed) : [];
		const [only] = people;
		const isComplete =
			people.length === 1 &&
			only?.name.toLowerCase() === place?.typed.trimEnd().toLowerCase();
		if (people.length === 0 || isComplete) close();
		else
			setState(({ people: before, active }) => ({
				people,
				active: before.length === people.length ? active : 0,
			}));
	};
	const latest = useRef(look);
	latest.current = look;
	// The field's own `select` event reports selected text, but no move of the cursor.
	useEffect(() => {
		const moved = (): void => {
			const { current } = field;
			if (!current || document.activeElement !== current) return;
			// The event comes later than the input that moved the cursor: by then Escape may have closed the list.
			if (cursorOf(current) !== cursor.current) latest.current(current);
		};
		document.addEventListener("selectionchange", moved);
		return () => document.removeEventListener("selectionchange", moved);
	}, [field]);
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
		look,
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

function cursorOf({
	selectionStart,
	selectionEnd,
}: HTMLTextAreaElement): string {
	return `${selectionStart} ${selectionEnd}`;
}
