/**
 * Table of the entry types. The codec, the log, REST, the references, the conformance kit and the client derive from
 * it. A new type is one row, one fold if the existing ones do not fit, tests and a rule in `spec/protocol.md`.
 */
import Type, { type TSchema } from "typebox";
import {
	about,
	ClientMessageId,
	frame,
	Seq,
	Timestamp,
	Uuid,
} from "./fields.ts";
import { Limits } from "./limits.ts";

/** Roles of participants, from the most to the fewest rights. Every role includes the rights of the later ones. */
export const ROLES = ["owner", "moderator", "member", "reader"] as const;
export type Role = (typeof ROLES)[number];

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

interface EntryTypeRow {
	/** Frame that a client sends; undefined if only a REST request makes such an entry. */
	readonly command: TSchema | undefined;
	/** Frame that every connection receives. */
	readonly frame: TSchema;
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

/** Fields of a message that its sender chooses and that an `edit` may replace. */
const content = {
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
const Mentions = Type.Object(
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
const optionalContent = {
	is_encrypted: Type.Optional(content.is_encrypted),
	message_type: Type.Optional(content.message_type),
	metadata: Type.Optional(content.metadata),
	mentions: Type.Optional(Mentions),
	client_message_id: Type.Optional(ClientMessageId),
};
/** Fields of a message that never change. */
const references = {
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
const amended = {
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
const stored = {
	timestamp: Timestamp,
	seq: Seq,
	client_message_id: Type.Optional(ClientMessageId),
};
const target = { target_id: Uuid };
const name = Type.String({
	minLength: 1,
	maxLength: Limits.maxReactionLength,
	description: "Without control characters.",
});

function isAtLeast(lowest: Role): (writer: Writer) => boolean {
	const allowed: readonly Role[] = ROLES.slice(0, ROLES.indexOf(lowest) + 1);
	return ({ role }) => role !== undefined && allowed.includes(role);
}
const isMember = isAtLeast("member");
const isModerator = isAtLeast("moderator");

export const ENTRY_TYPES = {
	chat: {
		command: frame(
			"chat",
			{ content: content.content, ...optionalContent, ...references },
			"Sends a message.",
		),
		frame: frame(
			"chat",
			{
				...about,
				message_id: Uuid,
				...content,
				...references,
				mentions: Type.Optional(Mentions),
				...amended,
				...stored,
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
		command: frame(
			"edit",
			{
				...target,
				content: content.content,
				...optionalContent,
				if_version: Type.Optional(
					Type.Integer({
						minimum: 0,
						description:
							"Refuses the edit unless the message has this version; 0 for a message without edits.",
					}),
				),
			},
			"Replaces the content of the sender's own message.",
		),
		frame: frame(
			"edit",
			{
				...about,
				message_id: Uuid,
				...target,
				...content,
				...references,
				mentions: Type.Optional(Mentions),
				...amended,
				...stored,
			},
			"A message has new content. A client ignores the frame if it has a `version` of the message that is not lower.",
		),
		isUnread: false,
		movesUp: false,
		fold: { kind: "replace" },
		mayWrite: (writer) => writer.isAuthor && isMember(writer),
	},
	delete: {
		command: frame(
			"delete",
			{
				...target,
				reason: Type.Optional(
					Type.String({ maxLength: Limits.maxReasonLength }),
				),
				client_message_id: Type.Optional(ClientMessageId),
			},
			"Deletes the content of a message, its edits and its reactions.",
		),
		frame: frame(
			"delete",
			{
				...about,
				message_id: Uuid,
				...target,
				reason: Type.Optional(Type.String()),
				...stored,
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
		command: frame(
			"reaction",
			{
				...target,
				reaction: name,
				on: Type.Boolean(),
				client_message_id: Type.Optional(ClientMessageId),
			},
			"Adds a reaction of the sender to a message, or takes it back.",
		),
		frame: frame(
			"reaction",
			{
				...about,
				message_id: Uuid,
				...target,
				reaction: Type.String({
					description: "Empty if the message was deleted since.",
				}),
				on: Type.Boolean(),
				...stored,
			},
			"The sender added a reaction to a message, or took it back.",
		),
		isUnread: false,
		movesUp: false,
		fold: {
			kind: "mark",
			nameField: "reaction",
			isPerUser: true,
			maxNames: Limits.maxReactionsPerMessage,
			maxTargets: Number.MAX_SAFE_INTEGER,
			foldedAs: "reactions",
		},
		mayWrite: isMember,
	},
	pin: {
		command: frame(
			"pin",
			{
				...target,
				on: Type.Boolean(),
				client_message_id: Type.Optional(ClientMessageId),
			},
			"Pins a message, or unpins it.",
		),
		frame: frame(
			"pin",
			{
				...about,
				message_id: Uuid,
				...target,
				on: Type.Boolean(),
				...stored,
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
			foldedAs: "pinned",
		},
		mayWrite: isMember,
	},
	participant_removed: {
		command: undefined,
		frame: frame(
			"participant_removed",
			{
				...about,
				message_id: Uuid,
				user_id: Uuid,
				timestamp: Timestamp,
				seq: Seq,
			},
			"`sender_id` removed the participant `user_id`. If both are the same, the participant left.",
		),
		isUnread: false,
		movesUp: true,
		fold: undefined,
		mayWrite: () => true,
	},
} satisfies Record<string, EntryTypeRow>;

type Rows = typeof ENTRY_TYPES;
export type EntryType = keyof Rows;

type CommandSchemas = {
	[K in EntryType as Rows[K]["command"] extends undefined ? never : K]: Exclude<
		Rows[K]["command"],
		undefined
	>;
};
type FrameSchemas = { [K in EntryType]: Rows[K]["frame"] };
/** Types of the entries that amend a message. */
export type AmendmentType = {
	[K in EntryType]: Rows[K]["fold"] extends undefined ? never : K;
}[EntryType];

function column(name: "command" | "frame"): Record<string, unknown> {
	return Object.fromEntries(
		Object.entries(ENTRY_TYPES).flatMap(([type, row]) =>
			row[name] ? [[type, row[name]]] : [],
		),
	);
}

/** Schemas of the frames that clients send to write entries. */
export const COMMANDS = column("command") as CommandSchemas;
/** Schemas of the frames that carry entries. */
export const ENTRY_FRAMES = column("frame") as FrameSchemas;

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
