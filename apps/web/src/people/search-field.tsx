/** Up to this many people need no search field. */
const FEW = 8;

export function worthSearching(count: number): boolean {
	return count > FEW;
}

/** Tells whether a word of the name begins with the typed text. Ignores accents and case. */
export function matches(name: string, typed: string): boolean {
	const wanted = plain(typed).trim();
	return ` ${plain(name)}`.includes(` ${wanted}`);
}

function plain(text: string): string {
	return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

export function SearchField(props: {
	readonly value: string;
	readonly onChange: (value: string) => void;
}) {
	return (
		<input
			type="search"
			dir="auto"
			aria-label="Search by name"
			placeholder="Search by name"
			autoComplete="off"
			value={props.value}
			onChange={(event) => props.onChange(event.currentTarget.value)}
			onKeyDown={(event) => {
				// Enter must not submit the form around the search field.
				if (event.key === "Enter") event.preventDefault();
			}}
		/>
	);
}
