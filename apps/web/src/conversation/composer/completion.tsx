import { Avatar } from "../../people/avatar.tsx";
import { matches } from "../../people/search-field.tsx";
import { EVERYONE, type Named } from "../mentions.ts";

/** Maximum number of proposed names. */
const MOST = 8;

/** Returns the users whose names begin with the typed text, in any word. */
export function proposals(people: readonly Named[], typed: string): Named[] {
	const found: Named[] = [];
	for (const person of people) {
		if (found.length === MOST) break;
		// The name is complete: a space or Enter must not choose it again.
		if (matches(person.name, typed)) found.push(person);
	}
	return found;
}

/** Id of a proposal's element; the field refers to it. */
export function optionId(listId: string, { userId }: Named): string {
	return `${listId}-${userId || "all"}`;
}

/** Lists the users whom the text at the cursor may mention. The focus stays in the field. */
export function Completion(props: {
	readonly id: string;
	readonly people: readonly Named[];
	readonly active: number;
	readonly onChoose: (person: Named) => void;
}) {
	return (
		<div
			className="completion"
			id={props.id}
			role="listbox"
			aria-label="People"
		>
			{props.people.map((person, i) => (
				// The field handles the keys.
				// biome-ignore lint/a11y/useKeyWithClickEvents: see above
				<div
					key={person.userId}
					id={optionId(props.id, person)}
					role="option"
					tabIndex={-1}
					aria-selected={i === props.active}
					// Keeps the focus in the field, and on a phone its keyboard.
					onMouseDown={(event) => event.preventDefault()}
					onClick={() => props.onChoose(person)}
				>
					{person === EVERYONE ? (
						<span className="everyone" aria-hidden="true">
							@
						</span>
					) : (
						<Avatar id={person.userId} name={person.name} />
					)}
					<bdi>{person.name}</bdi>
					{person === EVERYONE && <small>Everyone in this conversation</small>}
				</div>
			))}
		</div>
	);
}
