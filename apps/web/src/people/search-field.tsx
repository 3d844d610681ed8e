/** So many people are seen at a glance. */
const FEW = 8;

export function worthSearching(count: number): boolean {
	return count > FEW;
}

/** Whether a part of a name begins as the user typed, whatever the accents and the case. */
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
				// It is no field of the form around it.
				if (event.key === "Enter") event.preventDefault();
			}}
		/>
	);
}
