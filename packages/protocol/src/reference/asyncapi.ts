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
	[CloseCode.normal]: { means: "The answer to your own.", advice: "nothing" },
	[CloseCode.goingAway]: {
		means: "The server stops; the reason is `retry_ms=N`.",
		advice: "reconnect after N milliseconds",
	},
	[CloseCode.unsupportedData]: {
		means: "A binary message was sent.",
		advice: "mend your client",
	},
	[CloseCode.invalidPayload]: {
		means: "Text that is not UTF-8 was sent.",
		advice: "mend your client",
	},
	[CloseCode.policyViolation]: {
		means: `The reason says why: ${Object.values(CloseReason)
			.map((reason) => `\`${reason}\``)
			.join(", ")}.`,
		advice: "get a new token, or stop",
	},
	[CloseCode.messageTooBig]: {
		means: "A message over the size limit was sent.",
		advice: "mend your client",
	},
	[CloseCode.internalError]: {
		means: "A fault of the server's own.",
		advice: "back off, then reconnect",
	},
	[CloseCode.tryAgainLater]: {
		means:
			"No byte was taken for 30 s, or too many unfinished messages of the user.",
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
					"One conversation of one user. Text frames, one JSON object each.",
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
										"The token, where no header can be set. It ends up in proxies' logs.",
								},
								after: {
									anyOf: [
										{ type: "string", pattern: UUID_PATTERN },
										{ const: "head" },
									],
									description:
										"Resume after the entry of this `message_id`; `head`: begin behind the newest.",
								},
								after_seq: {
									type: "integer",
									minimum: 0,
									description:
										"Resume after the entry of this `seq`; 0 is the whole history.",
								},
								device_id: {
									type: "string",
									pattern: UUID_PATTERN,
									description:
										"A name that the device keeps: without a cursor it goes on from where it proved to have got, at least; with one that is found it has what is before.",
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
				summary: "What a client sends.",
				messages: refs(sent),
			},
			fromServer: {
				action: "send",
				channel: { $ref: "#/channels/chat" },
				summary: "What a client gets.",
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
					description: `\`Authorization: Bearer\`; in a browser the subprotocols \`${SUBPROTOCOL}\` and \`${BEARER_SUBPROTOCOL_PREFIX}<token>\`.`,
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
