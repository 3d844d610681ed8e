/** Rows of {@link ENTRY_TYPES} for entries about the conversation itself. Only REST requests make such entries. */
import type { TProperties } from "typebox";
import type * as fields from "./fields.ts";
import { Limits } from "./limits.ts";
import { ROLES } from "./roles.ts";

/** Defines a row. The log checks the writer's rights when it changes the conversation. */
function row<T extends string, P extends TProperties, M extends boolean>(
	type: T,
	properties: (f: typeof fields) => P,
	description: string,
	movesUp: M,
) {
	return {
		command: undefined,
		frame: (f: typeof fields) =>
			f.frame(
				type,
				{
					...f.about,
					message_id: f.Uuid,
					...properties(f),
					timestamp: f.Timestamp,
					seq: f.Seq,
				},
				description,
			),
		isUnread: false,
		movesUp,
		fold: undefined,
		mayWrite: () => true,
	};
}

export const CONVERSATION_ENTRIES = {
	participant_added: row(
		"participant_added",
		(f) => ({
			user_ids: f.Type.Array(f.Uuid, {
				minItems: 1,
				maxItems: Limits.maxParticipantsPerRequest,
			}),
		}),
		"`sender_id` added the participants `user_ids`.",
		false,
	),
	participant_removed: row(
		"participant_removed",
		(f) => ({ user_id: f.Uuid }),
		"`sender_id` removed the participant `user_id`. If both are the same, the participant left.",
		true,
	),
	role_changed: row(
		"role_changed",
		(f) => ({ user_id: f.Uuid, role: f.Type.Enum([...ROLES]) }),
		"`sender_id` gave the participant `user_id` a different role.",
		false,
	),
	conversation_changed: row(
		"conversation_changed",
		(f) => ({
			title: f.Type.Optional(f.Type.Union([f.Type.String(), f.Type.Null()])),
			metadata: f.Type.Optional(f.Metadata),
			closed: f.Type.Optional(f.Type.Boolean()),
		}),
		"`sender_id` changed the conversation. The frame has the fields that changed.",
		false,
	),
};
