/** Schemas of the REST API in wire form. */
import Type, { type Static } from "typebox";
import { messageParams } from "./amendment-requests.ts";
import type { Camel } from "./camel.ts";
import { ENTRY_TYPES, type EntryType } from "./entry-types.ts";
import { Epoch, Metadata, Timestamp, Uuid } from "./fields.ts";
import { foldedMessage } from "./folded.ts";
import { ServerFrames } from "./frames.ts";
import { Limits } from "./limits.ts";
import { ROLES } from "./roles.ts";

const limit = Type.Optional(
	Type.Integer({
		minimum: 1,
		maximum: Limits.maxPageSize,
		default: Limits.defaultPageSize,
		description: `Number of entries on a page. Default: ${Limits.defaultPageSize}.`,
	}),
);
const seq = Type.Integer({ minimum: 0 });
const userIds = Type.Array(Uuid, {
	maxItems: Limits.maxParticipantsPerRequest,
});

const cursors = {
	before: Type.Optional(Uuid),
	after: Type.Optional(Uuid),
	before_seq: Type.Optional(seq),
	after_seq: Type.Optional(seq),
	limit,
};
const page = {
	next: Type.Union([seq, Type.Null()], {
		description:
			"`before_seq` for the next page, or `after_seq` if the request had an `after` cursor; null on the last page.",
	}),
	epoch: Epoch,
};

/** A frame that carries an entry, of any type. */
const entryFrame = Type.Unsafe<Static<(typeof ServerFrames)[EntryType]>>(
	Type.Union(
		Object.keys(ENTRY_TYPES).map((type) => ServerFrames[type as EntryType]),
	),
);

const place = Type.Object({ message_id: Uuid, seq });

const title = Type.Union([
	Type.String({ maxLength: Limits.maxTitleLength }),
	Type.Null(),
]);
const role = Type.Enum([...ROLES]);

/** Settings of one user for one conversation. Only this user sees them. */
const ownSettings = Type.Object({
	muted_until: Type.Union([Timestamp, Type.Null()], {
		description: "Clients notify the user of no message until then.",
	}),
	archived: Type.Boolean(),
	favourite: Type.Boolean(),
	marked_unread: Type.Boolean({
		description: "The user's next `read` clears it.",
	}),
});
/** Optional for readers, because earlier versions do not send them. */
const kind = {
	closed: Type.Optional(
		Type.Boolean({
			description: "Whether the conversation takes no messages.",
		}),
	),
	kind: Type.Optional(Type.Enum(["direct", "group"])),
	direct_user: Type.Optional({
		...Uuid,
		description: "The other user of a direct conversation; absent in a group.",
	}),
};
const own = {
	...kind,
	...Type.Partial(ownSettings).properties,
};

const counts = {
	role,
	read_seq: seq,
	unread: Type.Integer({
		minimum: 0,
		description:
			"Messages after `read_seq`. Deleted messages and the user's own do not count.",
	}),
	/** Optional for readers, because earlier versions do not send it. */
	mentions: Type.Optional(
		Type.Integer({
			minimum: 0,
			description: "Number of these that mention the user or all participants.",
		}),
	),
};

export const conversationSummary = Type.Object({
	conversation_id: Uuid,
	title: Type.Union([Type.String(), Type.Null()]),
	metadata: Metadata,
	...counts,
	...own,
	head_seq: seq,
	last_message: Type.Union([ServerFrames.chat, Type.Null()]),
	updated_at: Timestamp,
});

export const Rest = {
	error: Type.Object({ error: Type.String() }),
	createConversation: Type.Object({
		conversation_id: Type.Optional(Uuid),
		title: Type.Optional(Type.String({ maxLength: Limits.maxTitleLength })),
		metadata: Type.Optional(Metadata),
		participant_ids: Type.Optional(userIds),
		direct: Type.Optional({
			...Uuid,
			description:
				"Asks for the direct conversation with this user. The body has no other field.",
		}),
	}),
	changeConversation: Type.Object({
		title: Type.Optional(title),
		metadata: Type.Optional(Metadata),
		closed: Type.Optional(Type.Boolean()),
	}),
	changeParticipant: Type.Object({ role }),
	changeOwnSettings: Type.Partial(ownSettings),
	ownSettings,
	addParticipants: Type.Object({ participant_ids: userIds }),
	conversationParams: Type.Object({ conversationId: Uuid }),
	participantParams: Type.Object({
		conversationId: Uuid,
		userId: Uuid,
	}),
	userParams: Type.Object({ userId: Uuid }),
	/** Query parameters of every request under `/v1`, in addition to its own. */
	epochQuery: Type.Object({ epoch: Epoch }),
	listQuery: Type.Object({
		limit,
		after: Type.Optional(
			Type.String({ description: "`next` of the previous page." }),
		),
	}),
	pageQuery: Type.Object({
		...cursors,
		view: Type.Optional(
			Type.Enum(["log", "timeline"], {
				description:
					"`timeline`: messages with their amendments folded in, and changes of participants. Default: `log`, entries of every type; with `thread_id`, `timeline`.",
			}),
		),
		thread_id: Type.Optional({
			...Uuid,
			description: "Only the replies of the thread that this message begins.",
		}),
	}),
	cursorQuery: Type.Object(cursors),
	messageParams,
	message: foldedMessage,
	conversation: Type.Object({
		conversation_id: Uuid,
		title: Type.Union([Type.String(), Type.Null()]),
		metadata: Metadata,
		created_by: Uuid,
		created_at: Timestamp,
		epoch: Epoch,
		/** Only for participants, and optional for readers, because earlier versions do not send them. */
		...Type.Partial(Type.Object(counts)).properties,
		...own,
		head_seq: seq,
		participant_count: Type.Integer({ minimum: 0 }),
		participants: Type.Array(
			Type.Object({
				user_id: Uuid,
				name: Type.Optional(Type.String()),
				role,
				joined_at: Timestamp,
			}),
		),
	}),
	conversationList: Type.Object({
		conversations: Type.Array(conversationSummary),
		next: Type.Union([Type.String(), Type.Null()], {
			description: "`after` for the next page; null on the last page.",
		}),
		epoch: Epoch,
	}),
	messagePage: Type.Object({
		messages: Type.Array(entryFrame),
		...page,
	}),
	timelinePage: Type.Object({
		messages: Type.Array(
			Type.Union([
				foldedMessage,
				ServerFrames.participant_added,
				ServerFrames.participant_removed,
				ServerFrames.role_changed,
				ServerFrames.conversation_changed,
			]),
		),
		...page,
		as_of_seq: {
			...seq,
			description:
				"`seq` of the newest entry that the page takes into account. Apply later entries yourself.",
		},
	}),
	receipts: Type.Object({
		receipts: Type.Array(
			Type.Object({
				user_id: Uuid,
				name: Type.Optional(Type.String()),
				read: Type.Optional(place),
				delivered: Type.Optional({
					...place,
					description:
						"The newest entry that one of the user's devices has received.",
				}),
				devices: Type.Optional(
					Type.Array(
						Type.Object({
							device_id: Uuid,
							delivered: Type.Optional(place),
							updated_at: Timestamp,
						}),
						{ description: "Present if the user has several devices." },
					),
				),
			}),
		),
	}),
	presence: Type.Object({
		users: Type.Array(
			Type.Object({ user_id: Uuid, name: Type.Optional(Type.String()) }),
		),
		count: Type.Integer({ minimum: 0 }),
	}),
	blocks: Type.Object({
		blocks: Type.Array(Type.Object({ user_id: Uuid, created_at: Timestamp })),
	}),
};

/** Types of bodies, queries and parameters in wire form. */
export type WireRest = { [K in keyof typeof Rest]: Static<(typeof Rest)[K]> };

type Camels<T extends Record<string, Type.TSchema>> = {
	[K in keyof T]: Camel<Static<T[K]>>;
};
export type RestShapes = Camels<typeof Rest>;
