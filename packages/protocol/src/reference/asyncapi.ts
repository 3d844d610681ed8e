import { CloseCode, CloseReason } from "../close-codes.ts";
import { ERROR_CODES } from "../errors.ts";
import { ClientFrames, ServerFrames } from "../frames.ts";
import { UUID_PATTERN } from "../ids.ts";
import { BEARER_SUBPROTOCOL_PREFIX, SUBPROTOCOL } from "../subprotocol.ts";
import { clientExamples, serverExamples } from "./examples.ts";
import {
	type Documented,
	inboxReceived,
	inboxSent,
	namedSent,
	sharedReceived,
	sharedSent,
} from "./inbox-frames.ts";
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

const ACCESS_TOKEN = {
	type: "string",
	description:
		"The token, for clients that cannot set a header. Proxies may log it.",
};

/** Builds the AsyncAPI 3.0 document of the WebSocket (asyncapi.com/docs/reference/specification/v3.0.0). */
export function asyncApi(version: string): Json {
	const sent = messages("client", ClientFrames, clientExamples);
	const received = messages("server", ServerFrames, serverExamples);
	const sentToInbox = {
		...inboxMessages("client", inboxSent),
		...inboxMessages("inbox_client", namedSent),
	};
	const receivedFromInbox = inboxMessages("server", inboxReceived);
	const inbox = {
		sent: [
			...Object.keys(sentToInbox),
			...sharedSent.map((type) => `client_${type}`),
		],
		received: [
			...Object.keys(receivedFromInbox),
			...sharedReceived.map((type) => `server_${type}`),
		],
	};
	const all = { ...sent, ...received, ...sentToInbox, ...receivedFromInbox };
	const refs = (channel: string, names: readonly string[]): Json[] =>
		names.map((name) => ({ $ref: `#/channels/${channel}/messages/${name}` }));
	const listed = (names: readonly string[]): Json =>
		Object.fromEntries(
			names.map((name) => [name, { $ref: `#/components/messages/${name}` }]),
		);
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
				messages: listed([...Object.keys(sent), ...Object.keys(received)]),
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
								access_token: ACCESS_TOKEN,
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
			inbox: {
				address: "/v1/ws/inbox",
				description: `A connection of one user for all conversations. It needs the subprotocol \`${SUBPROTOCOL}\`. Each message is a text frame with one JSON object. Frames about a conversation carry \`conversation_id\` in both directions.`,
				messages: listed([...inbox.sent, ...inbox.received]),
				bindings: {
					ws: {
						method: "GET",
						query: {
							type: "object",
							properties: { access_token: ACCESS_TOKEN },
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
				messages: refs("chat", Object.keys(sent)),
			},
			fromServer: {
				action: "send",
				channel: { $ref: "#/channels/chat" },
				summary: "Frames that a client receives.",
				messages: refs("chat", Object.keys(received)),
			},
			fromInboxClient: {
				action: "receive",
				channel: { $ref: "#/channels/inbox" },
				summary:
					"Frames that a client sends on the connection for all conversations.",
				messages: refs("inbox", inbox.sent),
			},
			fromInboxServer: {
				action: "send",
				channel: { $ref: "#/channels/inbox" },
				summary:
					"Frames that a client receives on the connection for all conversations.",
				messages: refs("inbox", inbox.received),
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
			message(
				{ type, schema, example: examples[type] },
				V1_ONLY.includes(type) ? "v1" : "plain",
			),
		]),
	);
}

function inboxMessages(from: string, frames: readonly Documented[]): Json {
	return Object.fromEntries(
		frames.map((frame) => [`${from}_${frame.type}`, message(frame, "v1")]),
	);
}

function message({ type, schema, example }: Documented, tag: string): Json {
	return {
		name: type,
		title: type,
		summary: schema.description,
		tags: [{ name: tag }],
		payload: referring(schema, frameSchemas),
		examples: [{ payload: example }],
	};
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
