import { CloseCode, CloseReason } from "../close-codes.ts";
import { ERROR_CODES } from "../errors.ts";
import { ClientFrames, ServerFrames } from "../frames.ts";
import { UUID_PATTERN } from "../ids.ts";
import { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL } from "../subprotocol.ts";
import { clientExamples, serverExamples } from "./examples.ts";
import { components, frameSchemas, type Json, referring } from "./schemas.ts";

/** Frames that the server never sends to a plain client, and that a plain client may not send. */
export const V1_ONLY: readonly string[] = ["auth", "auth_ok", "welcome"];

/** What a client should do after each close code. */
export const CLOSE_ADVICE: Readonly<
	Record<CloseCode, { readonly means: string; readonly advice: string }>
> = {
	[CloseCode.normal]: {
		means: "The answer to your own close with 1000.",
		advice: "nothing",
	},
	[CloseCode.goingAway]: {
		means: "The server is stopping. The reason is `retry_ms=N`.",
		advice: "reconnect after N milliseconds",
	},
	[CloseCode.unsupportedData]: {
		means: "The client sent a binary message.",
		advice: "correct the client",
	},
	[CloseCode.invalidPayload]: {
		means: "The client sent text that is not UTF-8.",
		advice: "correct the client",
	},
	[CloseCode.policyViolation]: {
		means: `The reason is one of ${Object.values(CloseReason)
			.map((reason) => `\`${reason}\``)
			.join(", ")}.`,
		advice: "get a new token, or stop",
	},
	[CloseCode.messageTooBig]: {
		means: "The client sent a message over the size limit.",
		advice: "correct the client",
	},
	[CloseCode.internalError]: {
		means: "The server had an internal error.",
		advice: "back off, then reconnect",
	},
	[CloseCode.tryAgainLater]: {
		means:
			"The client took no byte for 30 s, or the user's unfinished messages take too much memory.",
		advice: "reconnect with `after`",
	},
};

/** Builds the AsyncAPI 3.0 document of the WebSocket (asyncapi.com/docs/reference/specification/v3.0.0). */
export function asyncApi(version: string): Json {
	const sent = messages("client", ClientFrames, clientExamples);
	const received = messages("server", ServerFrames, serverExamples);
	const all = { ...sent, ...received };
	const refs = (table: Json): Json[] =>
		Object.keys(table).map((name) => ({
			$ref: `#/channels/chat/messages/${name}`,
		}));
	return {
		asyncapi: "3.0.0",
		info: {
			title: "SecureConnect WebSocket",
			version,
			description: description(),
			license: { name: "MIT" },
		},
		defaultContentType: "application/json",
		servers: {
			local: {
				host: "localhost:8082",
				protocol: "ws",
				security: [
					{ $ref: "#/components/securitySchemes/bearer" },
					{ $ref: "#/components/securitySchemes/query" },
				],
			},
		},
		channels: {
			chat: {
				address: "/v1/ws/chat",
				description:
					"A connection of one user in one conversation. Each message is a text frame with one JSON object.",
				messages: Object.fromEntries(
					Object.keys(all).map((name) => [
						name,
						{ $ref: `#/components/messages/${name}` },
					]),
				),
				bindings: {
					ws: {
						method: "GET",
						query: {
							type: "object",
							properties: {
								conversation_id: {
									type: "string",
									pattern: UUID_PATTERN,
									description: "The conversation.",
								},
								access_token: {
									type: "string",
									description:
										"The token, for clients that cannot set a header. Proxies may log it.",
								},
								after: {
									anyOf: [
										{ type: "string", pattern: UUID_PATTERN },
										{ const: "head" },
									],
									description:
										"Resume after the entry with this `message_id`. `head`: start after the newest entry.",
								},
								after_seq: {
									type: "integer",
									minimum: 0,
									description:
										"Resume after the entry with this `seq`. 0: receive the whole history.",
								},
								device_id: {
									type: "string",
									pattern: UUID_PATTERN,
									description:
										"Id that the device keeps. Without a cursor, the connection resumes after the entries that the device has proved to have received. With a cursor that is found, the device has the entries before it.",
								},
							},
							required: ["conversation_id"],
						},
						bindingVersion: "0.1.0",
					},
				},
			},
		},
		operations: {
			fromClient: {
				action: "receive",
				channel: { $ref: "#/channels/chat" },
				summary: "Frames that a client sends.",
				messages: refs(sent),
			},
			fromServer: {
				action: "send",
				channel: { $ref: "#/channels/chat" },
				summary: "Frames that a client receives.",
				messages: refs(received),
			},
		},
		components: {
			messages: all,
			schemas: components(frameSchemas),
			securitySchemes: {
				bearer: {
					type: "http",
					scheme: "bearer",
					bearerFormat: "JWT",
					description: `The header \`Authorization: Bearer\`, or in a browser the subprotocols \`${SUBPROTOCOL}\` and \`${BEARER_SUBPROTOCOL_PREFIX}<token>\`.`,
				},
				query: { type: "httpApiKey", name: "access_token", in: "query" },
			},
		},
	};
}

function messages(
	from: "client" | "server",
	frames: typeof ClientFrames | typeof ServerFrames,
	examples: Readonly<Record<string, unknown>>,
): Json {
	return Object.fromEntries(
		Object.entries(frames).map(([type, schema]) => [
			`${from}_${type}`,
			{
				name: type,
				title: type,
				summary: schema.description,
				tags: [{ name: V1_ONLY.includes(type) ? "v1" : "plain" }],
				payload: referring(schema, frameSchemas),
				examples: [{ payload: examples[type] }],
			},
		]),
	);
}

function description(): string {
	const errors = Object.entries(ERROR_CODES).map(
		([code, { retry, meaning }]) =>
			`- \`${code}\` (retry: ${retry ? "yes" : "no"}): ${meaning}`,
	);
	const closes = Object.entries(CLOSE_ADVICE).map(
		([code, { means, advice }]) => `- ${code}: ${means} Then: ${advice}.`,
	);
	return `Every frame from the server has \`type\` and \`timestamp\`. Ignore types and fields you do not know. Frames tagged \`v1\` are for clients that offer the subprotocol \`${SUBPROTOCOL}\`.

Error codes:

${errors.join("\n")}

Close codes:

${closes.join("\n")}`;
}
