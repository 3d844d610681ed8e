import type { Content } from "./rows.ts";

/** Content of a message that was deleted, and defaults of fields that a command leaves out. */
export const EMPTY: Content = {
	content: "",
	isEncrypted: false,
	messageType: "text",
	metadata: {},
	mentions: undefined,
};

/** Returns the content that a message or an edit carries, with the fields of `rest` where it has none. */
export function contentOf(
	fields: Readonly<Record<string, unknown>>,
	rest: Content = EMPTY,
): Content {
	const content: Record<string, unknown> = { ...rest };
	for (const field in rest) content[field] = fields[field] ?? content[field];
	return content as unknown as Content;
}
