/** Writes the part of the table of entry types that the client's timeline needs. */
import { ENTRY_TYPES, type Fold } from "@secureconnect/protocol";
import { fromWire } from "@secureconnect/protocol/wire";

interface Row {
	readonly fold: Fold | undefined;
	readonly isUnread: boolean;
}

/** Returns the effect of an entry as the timeline knows it. */
function foldOf({ fold, isUnread }: Row): Record<string, string> {
	if (!fold) return { kind: isUnread ? "message" : "notice" };
	if (fold.kind !== "mark") return { kind: fold.kind };
	// The timeline has lists of the users with a named mark, and flags for marks that the participants share.
	if (fold.isPerUser !== (fold.nameField !== undefined))
		throw new Error(`no fold for the marks ${fold.foldedAs}`);
	return {
		kind: "mark",
		as: camel(fold.foldedAs),
		...(fold.nameField === undefined ? {} : { name: camel(fold.nameField) }),
	};
}

function camel(field: string): string {
	return Object.keys(fromWire({ [field]: 0 }))[0] ?? field;
}

/** packages/client/src/timeline/entry-folds.ts. */
export function entryFolds(): string {
	const folds = Object.entries(ENTRY_TYPES).map(
		([type, row]) => [type, foldOf(row)] as const,
	);
	const marks = folds.flatMap(([, { as, name }]) =>
		as === undefined
			? []
			: `\treadonly ${as}: ${
					name === undefined
						? "boolean"
						: `readonly ({ readonly ${name}: string } & MarkUsers)[]`
				};\n`,
	);
	return `// Generated from the table of entry types of the protocol: npm run docs.
import type { MarkUsers } from "./rows.ts";

/** Effect of an entry on the timeline. */
export interface EntryFold {
	readonly kind: "message" | "notice" | "replace" | "erase" | "mark";
	/** Field of a message that reports the marks. */
	readonly as?: keyof Marks;
	/** Field that names the mark, if every user has marks of their own; otherwise the participants share one mark. */
	readonly name?: string;
}

/** Marks of a message. */
export interface Marks {
${marks.join("")}}

/** Effects by type of the entry. */
export const ENTRY_FOLDS: ReadonlyMap<string | undefined, EntryFold> = new Map([
${folds
	.map(
		([type, fold]) =>
			`\t["${type}", { ${Object.entries(fold)
				.map(([field, value]) => `${field}: ${JSON.stringify(value)}`)
				.join(", ")} }],\n`,
	)
	.join("")}]);
`;
}
