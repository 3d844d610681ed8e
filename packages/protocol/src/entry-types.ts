/**
 * Table of the entry types. The codec, the log, REST, the references, the conformance kit and the client derive from
 * it. A new type is one row, one fold if the existing ones do not fit, tests and a rule in `spec/protocol.md`.
 */
import type { TSchema } from "typebox";
import { CONVERSATION_ENTRIES } from "./conversation-entries.ts";
import type * as fields from "./fields.ts";
import { Limits } from "./limits.ts";
import { isAtLeast, type Role } from "./roles.ts";

/** What a user who writes an entry is in the conversation, or to the message that the entry amends. */
export interface Writer {
	/** Undefined if the user is not a participant. */
	readonly role: Role | undefined;
	/** Whether the user's token has the scope `admin`. */
	readonly isAdmin: boolean;
	/** Whether the user sent the message that the entry amends. */
	readonly isAuthor: boolean;
}

/** Effect of an amendment on its target. */
export type Fold =
	/** The target gets the amendment's content. Fields that the amendment leaves out stay as they are. */
	| { readonly kind: "replace" }
	/** The target and all its amendments lose their content. */
	| { readonly kind: "erase" }
	| MarkFold;

/** Sets a mark on the target, or clears it. */
export interface MarkFold {
	readonly kind: "mark";
	/** Field of the command that names the mark; undefined if the type has a single mark. */
	readonly nameField: string | undefined;
	/** Whether every user has marks of their own. Otherwise the participants share them. */
	readonly isPerUser: boolean;
	/** Maximum number of different marks on one target. */
	readonly maxNames: number;
	/** Maximum number of targets with such a mark in one conversation. */
	readonly maxTargets: number;
	/** Field of a folded message that reports the marks. */
	readonly foldedAs: string;
}

type Fields = typeof fields;
/** Builds a schema. The table is a function of the fields, so that the log can use it without loading a library. */
type Schema = (fields: Fields) => TSchema;

interface EntryTypeRow {
	/** Frame that a client sends; undefined if only a REST request makes such an entry. */
	readonly command: Schema | undefined;
	/** Frame that every connection receives. */
	readonly frame: Schema;
	/** Whether the entry counts as unread, and whether `read` may name it. */
	readonly isUnread: boolean;
	/** Whether the entry moves its conversation to the top of lists. */
	readonly movesUp: boolean;
	/** Effect on the message that the entry names as its target; undefined if the entry has no target. */
	readonly fold: Fold | undefined;
	/** Returns whether a user may write the entry. */
	readonly mayWrite: (writer: Writer) => boolean;
	/** Returns whether the entry may mention every participant if this user writes it. */
	readonly mayMentionAll?: (writer: Writer) => boolean;
}

const isMember = ({ role }: Writer): boolean => isAtLeast("member", role);
const isModerator = ({ role }: Writer): boolean => isAtLeast("moderator", role);

export const ENTRY_TYPES = {
	chat: {
		command: (f) =>
			f.frame(
				"chat",
				{ content: f.content.content, ...f.optionalContent, ...f.references },
				"Sends a message.",
			),
		frame: (f) =>
			f.frame(
				"chat",
				{
					...f.about,
					message_id: f.Uuid,
					...f.content,
					...f.references,
					mentions: f.Type.Optional(f.Mentions),
					...f.amended,
					...f.stored,
				},
				"A message. It is on disk before the server sends it. The sender's own copy is its acknowledgement.",
			),
		isUnread: true,
		movesUp: true,
		fold: undefined,
		mayWrite: isMember,
		mayMentionAll: isModerator,
	},
	edit: {
		command: (f) =>
			f.frame(
				"edit",
				{
					...f.target,
					content: f.content.content,
					...f.optionalContent,
					if_version: f.Type.Optional(
						f.Type.Integer({
							minimum: 0,
							description:
								"Refuses the edit unless the message has this version; 0 for a message without edits.",
						}),
					),
				},
				"Replaces the content of the sender's own message.",
			),
		frame: (f) =>
			f.frame(
				"edit",
				{
					...f.about,
					message_id: f.Uuid,
					...f.target,
					...f.content,
					...f.references,
					mentions: f.Type.Optional(f.Mentions),
					...f.amended,
					...f.stored,
				},
				"A message has new content. A client ignores the frame if it has a `version` of the message that is not lower.",
			),
		isUnread: false,
		movesUp: false,
		fold: { kind: "replace" },
		mayWrite: (writer) => writer.isAuthor && isMember(writer),
	},
	delete: {
		command: (f) =>
			f.frame(
				"delete",
				{
					...f.target,
					reason: f.Type.Optional(
						f.Type.String({ maxLength: Limits.maxReasonLength }),
					),
					client_message_id: f.Type.Optional(f.ClientMessageId),
				},
				"Deletes the content of a message, its edits and its reactions.",
			),
		frame: (f) =>
			f.frame(
				"delete",
				{
					...f.about,
					message_id: f.Uuid,
					...f.target,
					reason: f.Type.Optional(f.Type.String()),
					...f.stored,
				},
				"A message was deleted. Clients drop its content.",
			),
		isUnread: false,
		movesUp: false,
		fold: { kind: "erase" },
		mayWrite: (writer) =>
			writer.isAdmin ||
			isModerator(writer) ||
			(writer.isAuthor && isMember(writer)),
	},
	reaction: {
		command: (f) =>
			f.frame(
				"reaction",
				{
					...f.target,
					reaction: f.markName,
					on: f.Type.Boolean(),
					client_message_id: f.Type.Optional(f.ClientMessageId),
				},
				"Adds a reaction of the sender to a message, or takes it back.",
			),
		frame: (f) =>
			f.frame(
				"reaction",
				{
					...f.about,
					message_id: f.Uuid,
					...f.target,
					reaction: f.Type.String({
						description: "Empty if the message was deleted since.",
					}),
					on: f.Type.Boolean(),
					...f.stored,
				},
				"The sender added a reaction to a message, or took it back.",
			),
		isUnread: false,
		movesUp: false,
		fold: {
			kind: "mark",
			nameField: "reaction" as const,
			isPerUser: true,
			maxNames: Limits.maxReactionsPerMessage,
			maxTargets: Number.MAX_SAFE_INTEGER,
			foldedAs: "reactions" as const,
		},
		mayWrite: isMember,
	},
	pin: {
		command: (f) =>
			f.frame(
				"pin",
				{
					...f.target,
					on: f.Type.Boolean(),
					client_message_id: f.Type.Optional(f.ClientMessageId),
				},
				"Pins a message, or unpins it.",
			),
		frame: (f) =>
			f.frame(
				"pin",
				{
					...f.about,
					message_id: f.Uuid,
					...f.target,
					on: f.Type.Boolean(),
					...f.stored,
				},
				"The sender pinned a message, or unpinned it.",
			),
		isUnread: false,
		movesUp: false,
		fold: {
			kind: "mark",
			nameField: undefined,
			isPerUser: false,
			maxNames: 1,
			maxTargets: Limits.maxPins,
			foldedAs: "pinned" as const,
		},
		mayWrite: isMember,
	},
	...CONVERSATION_ENTRIES,
} satisfies Record<string, EntryTypeRow>;

type Rows = typeof ENTRY_TYPES;
export type EntryType = keyof Rows;

/** Types of the entries that amend a message. */
export type AmendmentType = {
	[K in EntryType]: Rows[K]["fold"] extends undefined ? never : K;
}[EntryType];

/** Returns the effect of an entry of this type on its target; undefined if such an entry has no target. */
export function foldOf(type: EntryType): Fold | undefined {
	return ENTRY_TYPES[type].fold;
}

/** Returns whether entries of this type amend a message. */
export function isAmendment(type: string): type is AmendmentType {
	return (
		Object.hasOwn(ENTRY_TYPES, type) && foldOf(type as EntryType) !== undefined
	);
}
