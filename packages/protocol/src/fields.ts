/** Schemas of the fields that several frames and REST bodies share, in wire form. */
import Type, { type TProperties } from "typebox";
import { UUID_PATTERN } from "./ids.ts";

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
