/** Schemas of every frame in its wire form. Validation, TypeScript types and references are derived from them. */
import Type, { type Static, type TSchema } from "typebox";
import type { Camel } from "./camel.ts";
import type { Mentions } from "./entry.ts";
import { COMMANDS, ENTRY_FRAMES } from "./entry-frames.ts";
import { ERROR_CODES, type ErrorCode } from "./errors.ts";
import { about, Epoch, frame, Seq, Timestamp, Uuid } from "./fields.ts";

export const ClientFrames = {
	...COMMANDS,
	typing: frame("typing", {}, "Reports that the sender is typing."),
	read: frame(
		"read",
		{ message_id: Uuid },
		"Advances the sender's read watermark to a message.",
	),
	auth: frame(
		"auth",
		{ access_token: Type.String() },
		"(v1) Renews the token of the open connection.",
	),
};

export const ServerFrames = {
	...ENTRY_FRAMES,
	typing: frame(
		"typing",
		{ ...about, timestamp: Timestamp },
		"A user is typing. The connection that reported it receives no copy.",
	),
	read: frame(
		"read",
		{ ...about, message_id: Uuid, timestamp: Timestamp },
		"A user has read up to a message. The connection that reported it receives no copy.",
	),
	user_joined: frame(
		"user_joined",
		{ ...about, name: Type.Optional(Type.String()), timestamp: Timestamp },
		"A user came online. Every connection receives this frame for its own user first, after a `welcome`.",
	),
	user_left: frame(
		"user_left",
		{ ...about, timestamp: Timestamp },
		"A user went offline: the user's last connection ended.",
	),
	ack: frame(
		"ack",
		{
			conversation_id: Type.Optional({
				...Uuid,
				description:
					"Conversation of the frame that this answers; only on a connection for several conversations.",
			}),
			client_message_id: Type.Optional(Uuid),
			message_id: Uuid,
			seq: Seq,
			timestamp: Timestamp,
		},
		"The answer to a command that made no entry: a repeated `client_message_id` (the entry that it made the first time), or an amendment that changes nothing (the entry that set the current state, or the message).",
	),
	error: frame(
		"error",
		{
			conversation_id: Type.Optional({
				...Uuid,
				description:
					"Conversation of the frame that this answers; only on a connection for several conversations.",
			}),
			code: Type.Enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]], {
				description: "Error code.",
			}),
			message: Type.String({
				description: "Text for people. Do not parse it.",
			}),
			timestamp: Timestamp,
			client_message_id: Type.Optional(Uuid),
			retry_ms: Type.Optional(
				Type.Integer({
					minimum: 0,
					description:
						"Milliseconds after which the client may send the same frame again.",
				}),
			),
		},
		"The server refused a frame, which changed nothing, or did not find the cursor.",
	),
	welcome: frame(
		"welcome",
		{
			conversation_id: Uuid,
			user_id: Uuid,
			epoch: Epoch,
			head_seq: Type.Integer({ minimum: 0 }),
			recovered: Type.Boolean({
				description:
					"True if the server found the cursor. The entries after the cursor follow.",
			}),
			present: Type.Array(
				Type.Object({ user_id: Uuid, name: Type.Optional(Type.String()) }),
			),
			present_count: Type.Integer({ minimum: 0 }),
			read: Type.Array(
				Type.Object({ user_id: Uuid, message_id: Uuid, seq: Seq }),
			),
			limits: Type.Object({
				max_message_bytes: Type.Integer(),
				max_metadata_bytes: Type.Integer(),
				max_depth: Type.Integer(),
				max_message_type_length: Type.Integer(),
			}),
			intervals: Type.Object({
				ping_ms: Type.Integer(),
				pong_timeout_ms: Type.Integer(),
			}),
			expires_at: Timestamp,
			timestamp: Timestamp,
		},
		"(v1) The first frame of a connection.",
	),
	auth_ok: frame(
		"auth_ok",
		{ expires_at: Timestamp, timestamp: Timestamp },
		"(v1) The server accepted the new token.",
	),
};

/** Types of frames in wire form, for programs that read and write the JSON themselves. */
export type WireClientFrameOf = {
	[K in keyof typeof ClientFrames]: Static<(typeof ClientFrames)[K]>;
};
export type WireServerFrameOf = {
	[K in keyof typeof ServerFrames]: Static<(typeof ServerFrames)[K]>;
};
export type WireClientFrame = WireClientFrameOf[keyof WireClientFrameOf];
export type WireServerFrame = WireServerFrameOf[keyof WireServerFrameOf];

type CamelStatics<F extends Record<string, TSchema>> = {
	[K in keyof F]: Camel<Static<F[K]>>;
};

/** Types of frames inside the program: the same fields in camelCase. */
export type ClientFrameOf = CamelStatics<typeof ClientFrames>;
export type ServerFrameOf = CamelStatics<typeof ServerFrames>;
export type ClientFrame = ClientFrameOf[keyof ClientFrameOf];
export type ServerFrame = ServerFrameOf[keyof ServerFrameOf];
/** Chat frame with its defaults filled in. */
export type ChatInput = Required<Omit<ClientFrameOf["chat"], OptionalOfChat>> &
	Pick<ClientFrameOf["chat"], Exclude<OptionalOfChat, "mentions">> & {
		readonly mentions?: Mentions;
	};
type OptionalOfChat = "clientMessageId" | "mentions" | "replyTo" | "threadId";
