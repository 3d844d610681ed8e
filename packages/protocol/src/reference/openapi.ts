import type { TObject } from "typebox";
import { HttpError } from "../errors.ts";
import { Rest } from "../rest.ts";
import { COMMON_REFUSALS, type Operation } from "./operation.ts";
import { OPERATIONS } from "./operations.ts";
import { components, type Json, referring, restSchemas } from "./schemas.ts";

/** Builds the OpenAPI 3.1 document of the REST API (spec.openapis.org/oas/v3.1.0). */
export function openApi(version: string): Json {
	const paths: Record<string, Record<string, Json>> = {};
	for (const operation of OPERATIONS) {
		paths[operation.path] = {
			...paths[operation.path],
			[operation.method]: described(operation),
		};
	}
	return {
		openapi: "3.1.0",
		info: {
			title: "SecureConnect REST",
			version,
			summary:
				"Conversations, history, receipts and presence, in addition to the WebSocket.",
			description:
				"REST uses the same tokens, checks and commands as the WebSocket. The AsyncAPI document describes the WebSocket's frames.",
			license: { name: "MIT", identifier: "MIT" },
		},
		servers: [{ url: "http://localhost:8082" }],
		security: [{ bearer: [] }],
		paths: { ...paths, "/v1/ws/chat": { get: handshake() } },
		components: {
			schemas: components(restSchemas),
			securitySchemes: {
				bearer: {
					type: "http",
					scheme: "bearer",
					bearerFormat: "JWT",
					description:
						"JWT that your application signs. `user_id`, or `sub` without it, is the user's UUID. `exp` is required. Other users see `name`.",
				},
			},
		},
	};
}

function described(operation: Operation): Json {
	const { id, summary, params, query, body, bodyExample, open } = operation;
	const parameters = [
		...parametersOf("path", params),
		...parametersOf("query", query),
		...(open ? [] : parametersOf("query", Rest.epochQuery)),
	];
	return {
		operationId: id,
		summary,
		...(open ? { security: [] } : {}),
		...(parameters.length > 0 ? { parameters } : {}),
		...(body
			? {
					requestBody: {
						required: true,
						content: {
							"application/json": {
								schema: referring(body, restSchemas),
								example: bodyExample,
							},
						},
					},
				}
			: {}),
		responses: responsesOf(operation),
	};
}

function responsesOf({ successes, refusals = {}, open }: Operation): Json {
	const responses: Record<string, Json> = {};
	for (const [status, { description, schema, example }] of Object.entries(
		successes,
	))
		responses[status] = {
			description,
			...(schema
				? {
						content: {
							"application/json": {
								schema: referring(schema, restSchemas),
								example,
							},
						},
					}
				: {}),
		};
	if (open) return responses;
	const statuses = new Set(
		[COMMON_REFUSALS, refusals].flatMap((table) => Object.keys(table)),
	);
	for (const status of [...statuses].sort()) {
		const errors = [COMMON_REFUSALS, refusals].flatMap(
			(table) => table[Number(status)] ?? [],
		);
		responses[status] = refusal(Number(status), errors);
	}
	return responses;
}

function refusal(status: number, errors: readonly string[]): Json {
	const header = { 401: "WWW-Authenticate", 503: "Retry-After" }[status];
	return {
		description: errors
			.map((error) => (isLiteral(error) ? `\`${error}\`` : error))
			.join(", "),
		...(header
			? { headers: { [header]: { schema: { type: "string" } } } }
			: {}),
		content: {
			"application/json": {
				schema: { $ref: "#/components/schemas/Error" },
				...(errors.some(isLiteral)
					? { example: { error: errors.find(isLiteral) } }
					: {}),
			},
		},
	};
}

/** Checks whether an error always has exactly this text. */
function isLiteral(error: string): boolean {
	return (Object.values(HttpError) as string[]).includes(error);
}

function parametersOf(where: "path" | "query", schema?: TObject): Json[] {
	return Object.entries(schema?.properties ?? {}).map(([name, property]) => ({
		name,
		in: where,
		required: where === "path",
		schema: referring(property, restSchemas),
	}));
}

/** Describes the answers to a plain GET and to a refused handshake. */
function handshake(): Json {
	const uuid = { $ref: "#/components/schemas/Uuid" };
	const parameter = (
		name: string,
		schema: Json,
		description: string,
		required = false,
	): Json => ({ name, in: "query", required, schema, description });
	return {
		operationId: "connect",
		summary:
			"Opens the WebSocket. Without an upgrade, the answer says why the server refuses.",
		security: [{ bearer: [] }, {}],
		parameters: [
			parameter("conversation_id", uuid, "The conversation.", true),
			parameter(
				"access_token",
				{ type: "string" },
				"The token, for clients that cannot set a header. Proxies may log it.",
			),
			parameter(
				"after",
				{ anyOf: [uuid, { const: "head" }] },
				"Resume after the entry with this `message_id`. `head`: start after the newest entry.",
			),
			parameter(
				"after_seq",
				{ type: "integer", minimum: 0 },
				"Resume after the entry with this `seq`. 0: receive the whole history.",
			),
			parameter(
				"device_id",
				uuid,
				"Id that the device keeps. Without a cursor, the connection resumes after the entries that the device has proved to have received. With a cursor that is found, the device has the entries before it.",
			),
		],
		responses: {
			101: { description: "The frames that the AsyncAPI document describes." },
			400: refusal(400, [
				HttpError.conversationIdRequired,
				HttpError.invalidConversationId,
				HttpError.invalidDeviceId,
			]),
			401: refusal(401, [HttpError.unauthorized]),
			403: refusal(403, [HttpError.originNotAllowed, HttpError.notParticipant]),
			426: refusal(426, [HttpError.upgradeRequired]),
			500: refusal(500, [HttpError.invalidUserId, HttpError.internal]),
			503: refusal(503, [HttpError.unavailable]),
		},
	};
}
