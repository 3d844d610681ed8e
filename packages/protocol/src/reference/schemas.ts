/** Named schemas, and schemas that refer to them. */
import type { TSchema } from "typebox";
import { ENTRY_TYPES, isAmendment } from "../entry-types.ts";
import { Timestamp, Uuid } from "../fields.ts";
import { ServerFrames } from "../frames.ts";
import { InboxRow } from "../inbox-frames.ts";
import { Rest } from "../rest.ts";
import { capitalised } from "./message-operations.ts";
import { SendMessage } from "./operations.ts";

export type Json = { readonly [key: string]: unknown };

export const restSchemas = {
	Uuid,
	Timestamp,
	Error: Rest.error,
	Message: ServerFrames.chat,
	...Object.fromEntries(
		Object.keys(ENTRY_TYPES)
			.filter(isAmendment)
			.map((type) => [capitalised(type), ServerFrames[type]]),
	),
	ParticipantAdded: ServerFrames.participant_added,
	ParticipantRemoved: ServerFrames.participant_removed,
	RoleChanged: ServerFrames.role_changed,
	ConversationChanged: ServerFrames.conversation_changed,
	SendMessage,
	CreateConversation: Rest.createConversation,
	ChangeConversation: Rest.changeConversation,
	ChangeParticipant: Rest.changeParticipant,
	ChangeOwnSettings: Rest.changeOwnSettings,
	OwnSettings: Rest.ownSettings,
	AddParticipants: Rest.addParticipants,
	Conversation: Rest.conversation,
	ConversationList: Rest.conversationList,
	FoldedMessage: Rest.message,
	MessagePage: Rest.messagePage,
	TimelinePage: Rest.timelinePage,
	Receipts: Rest.receipts,
	Presence: Rest.presence,
	Blocks: Rest.blocks,
};

const [ListedMessage] = InboxRow.properties.last_message.anyOf;
/** What a list shows of a conversation and of its newest message. */
export const rowSchemas = { InboxRow, ListedMessage };
export const frameSchemas = { Uuid, Timestamp, ...rowSchemas };

/** Converts a schema to plain JSON in which every schema of `named` becomes a reference. */
export function referring(
	schema: TSchema,
	named: Readonly<Record<string, TSchema>>,
	self?: string,
): Json {
	const names = new Map(
		Object.entries(named)
			.filter(([name]) => name !== self)
			.map(([name, value]) => [JSON.stringify(value), name]),
	);
	const walk = (value: unknown): unknown => {
		if (typeof value !== "object" || value === null) return value;
		const name = names.get(JSON.stringify(value));
		if (name !== undefined) return { $ref: `#/components/schemas/${name}` };
		if (Array.isArray(value)) return value.map(walk);
		return Object.fromEntries(
			Object.entries(value).map(([key, field]) => [key, walk(field)]),
		);
	};
	return walk(JSON.parse(JSON.stringify(schema))) as Json;
}

/** Builds `components.schemas`. */
export function components(named: Readonly<Record<string, TSchema>>): Json {
	return Object.fromEntries(
		Object.entries(named).map(([name, schema]) => [
			name,
			referring(schema, named, name),
		]),
	);
}
