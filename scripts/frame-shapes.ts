/** What the client checks of every frame it gets: the schemas, without what only a server needs to know. */
import {
	ENTRY_TYPES,
	InboxRow,
	InboxServerFrames,
	ServerFrames,
} from "@secureconnect/protocol";

interface Schema {
	readonly type?: string;
	readonly enum?: readonly unknown[];
	readonly pattern?: string;
	readonly properties?: Readonly<Record<string, Schema>>;
	readonly patternProperties?: unknown;
	readonly required?: readonly string[];
	readonly items?: Schema;
	readonly anyOf?: unknown;
}

/** Fields of `welcome` that the client neither reads nor returns. Checks for them would make every page larger. */
const UNREAD: readonly string[] = [
	"max_metadata_bytes",
	"max_depth",
	"max_message_type_length",
	"pong_timeout_ms",
];

/** A session keeps the places of all other entries and reads nothing else of them. */
const READ_ENTRIES: readonly string[] = ["chat", "participant_removed"];
/** Fields of a message whose form matters only to a timeline. */
const OF_TIMELINE: readonly string[] = [
	"reply_to",
	"thread_id",
	"mentions",
	"version",
	"edited_at",
	"deleted",
];

type Shape = string | readonly [Shape] | { readonly [field: string]: Shape };

/**
 * Reduces a schema to a shape. Omits lengths, ranges and closed lists, because a later version of the server may change
 * them, and such values do not harm the client.
 */
function shapeOf(schema: Schema): Shape {
	if (schema.enum) return "string";
	if (schema.patternProperties) return "object";
	if (schema.properties) return fieldsOf(schema);
	if (schema.type === "array" && schema.items) return [shapeOf(schema.items)];
	if (schema.pattern !== undefined) return "uuid";
	if (
		schema.type === "string" ||
		schema.type === "integer" ||
		schema.type === "boolean"
	)
		return schema.type;
	throw new Error(`no shape for ${JSON.stringify(schema)}`);
}

function fieldsOf(
	{ properties = {}, required = [] }: Schema,
	without: readonly string[] = [],
): { [field: string]: Shape } {
	return Object.fromEntries(
		Object.entries(properties)
			.filter(
				([field, { anyOf }]) =>
					field !== "type" &&
					// A field of several types is not checked.
					!anyOf &&
					// A connection for several conversations finds no seat for a wrong one.
					(field !== "conversation_id" || required.includes(field)) &&
					!UNREAD.includes(field) &&
					!without.includes(field),
			)
			.map(([field, schema]) => [
				required.includes(field) ? field : `${field}?`,
				shapeOf(schema),
			]),
	);
}

/** Returns the content of packages/client/src/frame-shapes.ts. */
export function frameShapes(): string {
	return `// Generated from the schemas of the protocol: npm run docs.

/** Field names with their types. A name with \`?\` is optional. A list has the shape of its items. */
export type Shape = string | readonly [Shape] | { readonly [field: string]: Shape };

export const FRAME_SHAPES = {
${shapesOf(
	(type) => READ_ENTRIES.includes(type) || !(type in ENTRY_TYPES),
	OF_TIMELINE,
)}
} as const satisfies Record<string, { readonly [field: string]: Shape }>;
`;
}

/**
 * Returns the content of packages/client/src/amendment-shapes.ts. A page without a timeline does not load it. A shape
 * repeats no field of the shape that it extends, because every byte of the client counts.
 */
export function amendmentShapes(): string {
	const shapes = new Map(
		Object.keys(ENTRY_TYPES).map((type) => [
			type,
			fieldsOf(
				(ServerFrames as Readonly<Record<string, unknown>>)[type] as Schema,
			),
		]),
	);
	const message = shapes.get("chat") ?? {};
	const known = fieldsOf(ServerFrames.chat as unknown as Schema, OF_TIMELINE);
	const entry = Object.fromEntries(
		Object.entries(message).filter(([field]) =>
			[...shapes.values()].every((shape) => field in shape),
		),
	);
	const rows = [...shapes]
		.filter(([type]) => type === "chat" || !READ_ENTRIES.includes(type))
		.map(([type, shape]) =>
			shape === message
				? `\t${type}: MESSAGE,`
				: Object.keys(message).every((field) => field in shape)
					? `\t${type}: { ...MESSAGE, ${fieldsBeyond(shape, message)} },`
					: `\t${type}: { ...ENTRY, ${fieldsBeyond(shape, entry)} },`,
		);
	return `// Generated from the schemas of the protocol: npm run docs.
import { FRAME_SHAPES } from "./frame-shapes.ts";

/** Fields of every entry. */
const ENTRY = { ${fieldsBeyond(entry, {})} } as const;
const MESSAGE = { ...FRAME_SHAPES.chat, ${fieldsBeyond(message, known)} } as const;

/** Frames of a conversation with a timeline. */
export const ALL_SHAPES = {
	...FRAME_SHAPES,
${rows.join("\n")}
} as const;
`;
}

/** Returns the content of packages/client/src/inbox/inbox-shapes.ts. */
export function inboxShapes(): string {
	const row = JSON.stringify(fieldsOf(InboxRow as unknown as Schema));
	const shapes = Object.entries(InboxServerFrames).map(
		([type, schema]) =>
			`\t${type}: ${JSON.stringify(fieldsOf(schema as unknown as Schema)).replace(row, '"object"')},`,
	);
	return `// Generated from the schemas of the protocol: npm run docs.

/** A row of the list. A frame with an invalid row is valid without it. */
export const ROW_SHAPE = ${row} as const;

/** Frames that only the inbox has. */
export const INBOX_SHAPES = {
${shapes.join("\n")}
} as const;
`;
}

/** Returns the fields that `base` does not have, as the inside of an object literal. */
function fieldsBeyond(
	shape: Readonly<Record<string, Shape>>,
	base: Readonly<Record<string, Shape>>,
): string {
	const fields = Object.entries(shape).filter(([field]) => !(field in base));
	return JSON.stringify(Object.fromEntries(fields)).slice(1, -1);
}

function shapesOf(
	has: (type: string) => boolean,
	without: readonly string[] = [],
): string {
	return Object.entries(ServerFrames)
		.filter(([type]) => has(type))
		.map(
			([type, schema]) =>
				`\t${type}: ${JSON.stringify(fieldsOf(schema as Schema, without))},`,
		)
		.join("\n");
}
