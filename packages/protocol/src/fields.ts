/** Schemas of the fields that several frames and REST bodies share, in wire form. */
import Type, { type TProperties } from "typebox";
import { UUID_PATTERN } from "./ids.ts";
import { Limits } from "./limits.ts";

export { Type };

export const Uuid = Type.String({ pattern: UUID_PATTERN });
export const Timestamp = Type.String({
	format: "date-time",
	description: "RFC 3339, UTC, milliseconds",
});
/** Optional for readers, because earlier versions do not send it. */
export const Epoch = Type.Optional(
	Type.String({
		pattern: UUID_PATTERN,
		description:
			"Id of the log. It changes when the log is restored from a backup. What a client knows about the log may then no longer hold.",
	}),
);
export const Metadata = Type.Record(Type.String(), Type.Unknown());
export const Seq = Type.Integer({
	minimum: 1,
	description: "Position in the conversation, counted from 1 without gaps.",
});

/** Defines a frame by its type and its other properties. */
export function frame<T extends string, P extends TProperties>(
	type: T,
	properties: P,
	description: string,
) {
	return Type.Object(
		{ type: Type.Literal(type), ...properties },
		{ description },
	);
}

export const ClientMessageId = Type.String({
	pattern: UUID_PATTERN,
	description:
		"The sender's own name for the entry. If the sender sends it again, there is still one entry.",
});
/** Fields of every frame that reports what a user did in a conversation. */
export const about = { conversation_id: Uuid, sender_id: Uuid };

/** Fields of a message that its sender chooses and that an `edit` may replace. */
export const content = {
	content: Type.String({
		description: "May be empty. The server does not read it.",
	}),
	is_encrypted: Type.Boolean({
		description: "Information for clients. Default: false.",
	}),
	message_type: Type.String({
		maxLength: Limits.maxMessageTypeLength,
		description: 'Default: "text".',
	}),
	metadata: Type.Record(Type.String(), Type.Unknown(), {
		description: `At most ${Limits.maxMetadataBytes} bytes as JSON. Default: {}.`,
	}),
};
export const Mentions = Type.Object(
	{
		user_ids: Type.Optional(
			Type.Array(Uuid, { maxItems: Limits.maxMentionedUsers }),
		),
		all: Type.Optional(
			Type.Boolean({ description: "Only owners and moderators may set it." }),
		),
	},
	{ description: "Users whom the message mentions." },
);
export const optionalContent = {
	is_encrypted: Type.Optional(content.is_encrypted),
	message_type: Type.Optional(content.message_type),
	metadata: Type.Optional(content.metadata),
	mentions: Type.Optional(Mentions),
	client_message_id: Type.Optional(ClientMessageId),
};
/** Fields of a message that never change. */
export const references = {
	reply_to: Type.Optional({
		...Uuid,
		description: "Message that this message answers.",
	}),
	thread_id: Type.Optional({
		...Uuid,
		description: "First message of the thread that this message belongs to.",
	}),
};
/** Fields that the server adds to a message that was amended. */
export const amended = {
	version: Type.Optional(
		Type.Integer({
			minimum: 1,
			description: "`seq` of the newest edit; absent if there is none.",
		}),
	),
	edited_at: Type.Optional(Timestamp),
	deleted: Type.Optional(
		Type.Boolean({ description: "Whether the content was deleted." }),
	),
};
export const stored = {
	timestamp: Timestamp,
	seq: Seq,
	client_message_id: Type.Optional(ClientMessageId),
};
export const target = { target_id: Uuid };
/** Name of a mark. */
export const markName = Type.String({
	minLength: 1,
	maxLength: Limits.maxReactionLength,
	description: "Without control characters.",
});
