import type { TObject } from "typebox";
import { HttpError } from "../errors.ts";
import { Rest } from "../rest.ts";
import { COMMON_REFUSALS, OPERATIONS, type Operation } from "./operations.ts";
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
				"Conversations, history, receipts and presence beside the WebSocket.",
			description:
				"The same tokens, the same checks and the same commands as over the WebSocket, whose frames the AsyncAPI document describes.",
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
						"Signed by your application: `user_id`, or else `sub`, is the user's UUID; `exp` is required; `name` is shown to others.",
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
			"Opens the WebSocket; asked without an upgrade, says why it would not.",
		security: [{ bearer: [] }, {}],
		parameters: [
			parameter("conversation_id", uuid, "The conversation.", true),
			parameter(
				"access_token",
				{ type: "string" },
				"The token, where no header can be set. It ends up in proxies' logs.",
			),
			parameter(
				"after",
				{ anyOf: [uuid, { const: "head" }] },
				"Resume after this entry; `head`: begin behind the newest.",
			),
			parameter(
				"after_seq",
				{ type: "integer", minimum: 0 },
				"Resume after the entry of this number; 0 is the whole history.",
			),
			parameter(
				"device_id",
				uuid,
				"A name that the device keeps: without a cursor it goes on from where it proved to have got, at least; with one that is found it has what is before.",
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
