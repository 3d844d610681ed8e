import type { Content } from "./rows.ts";

/** Content of a message that was deleted, and defaults of fields that a command leaves out. */
export const EMPTY = {
	content: "",
	isEncrypted: false,
	messageType: "text",
	metadata: {},
	mentions: undefined,
	version: 0,
	editedAt: undefined,
} satisfies Content;

/** Returns the content that a message or an edit carries, with the fields of `rest` where it has none. */
export function contentOf(
	fields: Readonly<Record<string, unknown>>,
	rest: Content = EMPTY,
): Content {
	const content: Record<string, unknown> = {};
	for (const field in rest)
		content[field] = fields[field] ?? rest[field as keyof Content];
	return content as unknown as Content;
}
