/**
 * Shows a circle with initials. The colour depends on the id only. Screen readers skip the circle, because the name is
 * beside it.
 */
export function Avatar(props: {
	readonly id: string;
	readonly name: string;
	readonly isHere?: boolean;
}) {
	return (
		<span className="avatar" data-tint={tint(props.id)} aria-hidden="true">
			{initials(props.name)}
			{props.isHere && <span className="here" />}
		</span>
	);
}

function initials(name: string): string {
	const words = name.replace(/^User /, "").split(/[\s,]+/);
	return words
		.slice(0, 2)
		.map((word) => Array.from(word)[0] ?? "")
		.join("")
		.toUpperCase();
}

function tint(id: string): number {
	let sum = 7;
	for (const char of id) sum = (sum * 53 + char.charCodeAt(0)) % 9973;
	return sum % 8;
}
