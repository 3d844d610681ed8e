/** Content of the reference pages, independent of their layout. Text has `code` in backticks. */
import { ERROR_CODES } from "../errors.ts";
import { ClientFrames, ServerFrames } from "../frames.ts";
import { asyncApi, CLOSE_ADVICE, V1_ONLY } from "./asyncapi.ts";
import { clientExamples, serverExamples } from "./examples.ts";
import {
	type Documented,
	inboxReceived,
	inboxSent,
	namedSent,
} from "./inbox-frames.ts";
import { openApi } from "./openapi.ts";
import { OPERATIONS } from "./operations.ts";
import { referring, rowSchemas } from "./schemas.ts";

export interface Table {
	readonly caption: string;
	readonly head: readonly string[];
	readonly rows: readonly (readonly string[])[];
}

export interface Section {
	/** Id, unique on its page. */
	readonly id: string;
	readonly title: string;
	readonly text: readonly string[];
	readonly tables: readonly Table[];
	readonly example?: unknown;
}

export interface Page {
	readonly title: string;
	readonly text: readonly string[];
	readonly sections: readonly Section[];
}

interface Schema {
	readonly $ref?: string;
	readonly type?: string;
	readonly const?: unknown;
	readonly enum?: readonly unknown[];
	readonly anyOf?: readonly Schema[];
	readonly items?: Schema;
	readonly properties?: Readonly<Record<string, Schema>>;
	readonly required?: readonly string[];
	readonly description?: string;
	readonly minimum?: number;
	readonly maximum?: number;
	readonly maxLength?: number;
	readonly maxItems?: number;
}

/** Builds the REST page: one section per operation, then the shared schemas. */
export function restPage(version: string): Page {
	const { paths, components } = openApi(version) as unknown as {
		paths: Record<string, Record<string, DocumentedOperation>>;
		components: { schemas: Record<string, Schema> };
	};
	return {
		title: "REST",
		text: [
			'Bodies are JSON. The token is in `Authorization: Bearer`. A refusal is `{"error": "..."}` and changes nothing.',
		],
		sections: [
			...OPERATIONS.map(({ id, method, path }) =>
				operationSection(id, method, path, paths[path]?.[method]),
			),
			...Object.entries(components.schemas)
				.filter(([, { properties }]) => properties)
				.map(([name, schema]) => ({
					id: `shape-${name.toLowerCase()}`,
					title: `Shape: ${name}`,
					text: [],
					tables: [fields("Fields", schema)],
				})),
		],
	};
}

interface DocumentedOperation {
	readonly summary: string;
	readonly parameters?: readonly {
		name: string;
		in: string;
		required: boolean;
		schema: Schema;
		description?: string;
	}[];
	readonly requestBody?: {
		content: { "application/json": { schema: Schema; example: unknown } };
	};
	readonly responses: Readonly<
		Record<
			string,
			{
				description: string;
				content?: { "application/json": { schema: Schema } };
			}
		>
	>;
}

function operationSection(
	id: string,
	method: string,
	path: string,
	operation: DocumentedOperation | undefined,
): Section {
	const { summary = "", parameters = [], requestBody } = operation ?? {};
	const body = requestBody?.content["application/json"];
	return {
		id: id.toLowerCase(),
		title: `${method.toUpperCase()} ${path}`,
		text: [summary, ...(body ? [`The body is ${typeOf(body.schema)}.`] : [])],
		tables: [
			...(parameters.length > 0
				? [
						{
							caption: "Parameters",
							head: ["name", "in", "type", "meaning"],
							rows: parameters.map(({ name, in: place, schema }) => [
								`\`${name}\``,
								place,
								typeOf(schema),
								schema.description ?? "",
							]),
						},
					]
				: []),
			{
				caption: "Answers",
				head: ["status", "body", "meaning"],
				rows: Object.entries(operation?.responses ?? {}).map(
					([status, { description, content }]) => [
						status,
						content ? typeOf(content["application/json"].schema) : "",
						description,
					],
				),
			},
		],
		...(body ? { example: body.example } : {}),
	};
}

/** Builds the WebSocket page: one section per frame. */
export function websocketPage(version: string): Page {
	const { channels } = asyncApi(version) as unknown as {
		channels: {
			chat: { bindings: { ws: { query: Schema } } };
			inbox: { bindings: { ws: { query: Schema } } };
		};
	};
	return {
		title: "WebSocket",
		text: [
			"Connect to `GET /v1/ws/chat` for one conversation, or to `GET /v1/ws/inbox` for all conversations of the user. Each frame is text with one JSON object. Every frame from the server has `type` and `timestamp`. Ignore types and fields that you do not know.",
			"Frames marked v1 are for clients that offer the subprotocol `secureconnect.v1`. Plain clients never receive them.",
		],
		sections: [
			{
				id: "connecting",
				title: "Connecting",
				text: [
					"Put the token into the header `Authorization: Bearer`, in a browser into the subprotocols `secureconnect.v1` and `bearer.<token>`, or into the query.",
				],
				tables: [fields("Query", channels.chat.bindings.ws.query)],
			},
			...frameSections("You send", "send", ClientFrames, clientExamples),
			...frameSections("You get", "get", ServerFrames, serverExamples),
			...inboxSections(channels.inbox.bindings.ws.query),
			{
				id: "error-codes",
				title: "Error codes",
				text: ["If retry is yes, the frame has `retry_ms`."],
				tables: [
					{
						caption: "Codes",
						head: ["code", "retry", "meaning"],
						rows: Object.entries(ERROR_CODES).map(
							([code, { retry, meaning }]) => [
								`\`${code}\``,
								retry ? "yes" : "no",
								meaning,
							],
						),
					},
				],
			},
			{
				id: "close-codes",
				title: "Close codes",
				text: [],
				tables: [
					{
						caption: "Codes",
						head: ["code", "meaning", "then"],
						rows: Object.entries(CLOSE_ADVICE).map(
							([code, { means, advice }]) => [code, means, advice],
						),
					},
				],
			},
		],
	};
}

function frameSections(
	who: string,
	prefix: string,
	frames: typeof ClientFrames | typeof ServerFrames,
	examples: Readonly<Record<string, unknown>>,
): Section[] {
	return Object.entries(frames).map(([type, schema]) => {
		const plain = JSON.parse(JSON.stringify(schema)) as Schema;
		return {
			id: `${prefix}-${type}`,
			title: `${who}: ${type}${V1_ONLY.includes(type) ? " (v1)" : ""}`,
			text: [plain.description ?? ""],
			tables: [fields("Fields", plain)],
			example: examples[type],
		};
	});
}

/** Builds the sections of the connection for all conversations. */
function inboxSections(query: Schema): Section[] {
	const sections = (
		who: string,
		prefix: string,
		frames: readonly Documented[],
	): Section[] =>
		frames.map(({ type, schema, example }) => ({
			id: `inbox-${prefix}-${type}`,
			title: `Inbox, ${who}: ${type} (v1)`,
			text: [schema.description ?? ""],
			tables: [fields("Fields", referring(schema, rowSchemas))],
			example,
		}));
	const chat = namedSent.find(({ type }) => type === "chat");
	return [
		{
			id: "inbox",
			title: "One connection for all conversations",
			text: [
				"Connect to `GET /v1/ws/inbox` and offer the subprotocol `secureconnect.v1`. The first frame is `inbox`. Frames about a conversation carry `conversation_id` in both directions, also `ack` and `error`: the server refuses a frame without it with `invalid_frame`. `auth` and `auth_ok` have none.",
				`You send the frames that follow, \`auth\`, and with \`conversation_id\`: ${namedSent.map(({ type }) => `\`${type}\``).join(", ")}. You get the frames that follow, and those of a chat connection except \`welcome\`.`,
			],
			tables: [fields("Query", query)],
			example: chat?.example,
		},
		...sections("you send", "send", inboxSent),
		...sections("you get", "get", inboxReceived),
		...Object.entries(rowSchemas).map(([name, schema]) => ({
			id: `shape-${name.toLowerCase()}`,
			title: `Shape: ${name}`,
			text: [],
			tables: [fields("Fields", referring(schema, rowSchemas, name))],
		})),
	];
}

function fields(caption: string, { properties = {}, required }: Schema): Table {
	return {
		caption,
		head: ["field", "type", "", "meaning"],
		rows: Object.entries(properties).map(([name, schema]) => [
			`\`${name}\``,
			typeOf(schema),
			required?.includes(name) ? "required" : "",
			schema.description ?? "",
		]),
	};
}

/** Describes a schema in a few words. */
function typeOf(schema: Schema): string {
	const { $ref, anyOf, enum: choices, items, properties } = schema;
	if ($ref) return $ref.split("/").at(-1) ?? "";
	if (schema.const !== undefined) return `\`${JSON.stringify(schema.const)}\``;
	if (choices)
		return choices.length > 4
			? "one of a list"
			: choices.map((choice) => `\`${JSON.stringify(choice)}\``).join(" or ");
	if (anyOf) return anyOf.map(typeOf).join(" or ");
	if (items) {
		const most =
			schema.maxItems === undefined ? "" : `, at most ${schema.maxItems}`;
		return `list of ${typeOf(items)}${most}`;
	}
	if (properties)
		return `object of ${Object.keys(properties)
			.map((name) => `\`${name}\``)
			.join(", ")}`;
	const { type = "anything", minimum, maximum, maxLength } = schema;
	if ("pattern" in schema) return "UUID";
	if ("format" in schema) return "time";
	return [
		type,
		minimum !== undefined && `from ${minimum}`,
		maximum !== undefined && `to ${maximum}`,
		maxLength !== undefined && `of at most ${maxLength} characters`,
	]
		.filter(Boolean)
		.join(" ");
}
