/**
 * Schemas of the frames that only `/v1/ws/inbox` has, in wire form. One such connection carries all of a user's
 * conversations.
 */
import Type, { type Static } from "typebox";
import type { Camel } from "./camel.ts";
import { Epoch, frame, Timestamp, Uuid } from "./fields.ts";
import { ServerFrames } from "./frames.ts";
import { Limits } from "./limits.ts";
import { conversationSummary } from "./rest.ts";

const conversation = { conversation_id: Uuid };
const { present, present_count, read, limits, intervals, recovered, head_seq } =
	ServerFrames.welcome.properties;

/** A message as the list shows it. A long one is shortened, so that a list of many conversations stays short. */
const listedMessage = Type.Object({
	...ServerFrames.chat.properties,
	truncated: Type.Optional(
		Type.Boolean({
			description: `True if the message has more than ${Limits.maxListedBytes} bytes: \`content\` then has its first ${Limits.listedCharacters} characters, and \`metadata\` is empty.`,
		}),
	),
});

const { metadata: _, ...summary } = conversationSummary.properties;
/** What the list shows of a conversation. */
export const InboxRow = Type.Object({
	...summary,
	last_message: Type.Union([listedMessage, Type.Null()]),
});

const totals = {
	total_unread: Type.Integer({
		minimum: 0,
		description:
			"Sum of `unread` over all of the user's conversations, without muted and archived ones.",
	}),
	total_mentions: Type.Integer({
		minimum: 0,
		description: "Sum of `mentions` over the same conversations.",
	}),
};

export const InboxClientFrames = {
	subscribe: frame(
		"subscribe",
		{
			...conversation,
			after: Type.Optional(
				Type.Union([Uuid, Type.Literal("head")], {
					description:
						"Resume after the entry with this `message_id`. `head`: start after the newest entry.",
				}),
			),
			after_seq: Type.Optional(
				Type.Integer({
					minimum: 0,
					description:
						"Resume after the entry with this `seq`. 0: receive the whole history.",
				}),
			),
			device_id: Type.Optional({
				...Uuid,
				description: "Id that the device keeps, as in the query of a chat.",
			}),
			presence: Type.Optional(
				Type.Boolean({
					description:
						"Whether the subscription shows the user as online in the conversation. Default: true.",
				}),
			),
		},
		"Asks for the live frames of a conversation.",
	),
	unsubscribe: frame(
		"unsubscribe",
		conversation,
		"Ends a subscription. The user leaves the conversation's presence at once.",
	),
};

export const InboxServerFrames = {
	inbox: frame(
		"inbox",
		{
			user_id: Uuid,
			epoch: Epoch,
			conversations: Type.Array(InboxRow, {
				description: `The ${Limits.maxInboxRows} conversations with the most recent activity, newest first.`,
			}),
			more: Type.Boolean({
				description:
					"Whether the user has more conversations. `GET /v1/conversations` pages all of them.",
			}),
			...totals,
			limits: Type.Object({
				...limits.properties,
				max_subscriptions: Type.Integer(),
			}),
			intervals,
			expires_at: Timestamp,
			timestamp: Timestamp,
		},
		"The first frame of the connection.",
	),
	subscribed: frame(
		"subscribed",
		{
			...conversation,
			epoch: Epoch,
			head_seq,
			recovered,
			present,
			present_count,
			read,
			timestamp: Timestamp,
		},
		"The first frame of a subscription. The replay and the live frames follow.",
	),
	unsubscribed: frame(
		"unsubscribed",
		{
			...conversation,
			reason: Type.Optional(
				Type.Enum(["removed", "deleted", "error"], {
					description:
						"Present if the server ended the subscription: the user is no longer a participant, the conversation was deleted, or the server could not read the history.",
				}),
			),
			timestamp: Timestamp,
		},
		"The last frame of a subscription.",
	),
	inbox_changed: frame(
		"inbox_changed",
		{
			conversations: Type.Array(InboxRow, {
				description:
					"Newest state of the conversations that changed. It replaces earlier state.",
			}),
			...totals,
			timestamp: Timestamp,
		},
		"Conversations of the user changed. At most one frame per second has the same conversation.",
	),
	conversation_added: frame(
		"conversation_added",
		{ conversation: InboxRow, ...totals, timestamp: Timestamp },
		"The user became a participant of a conversation.",
	),
	conversation_removed: frame(
		"conversation_removed",
		{
			...conversation,
			reason: Type.Enum(["removed", "deleted"]),
			...totals,
			timestamp: Timestamp,
		},
		"The user is no longer a participant of a conversation, or the conversation was deleted.",
	),
};

/** Types of frames in wire form, for programs that read and write the JSON themselves. */
export type WireInboxClientFrameOf = {
	[K in keyof typeof InboxClientFrames]: Static<(typeof InboxClientFrames)[K]>;
};
export type WireInboxServerFrameOf = {
	[K in keyof typeof InboxServerFrames]: Static<(typeof InboxServerFrames)[K]>;
};
/** Types of frames inside the program: the same fields in camelCase. */
export type InboxClientFrameOf = Camel<WireInboxClientFrameOf>;
export type InboxServerFrameOf = Camel<WireInboxServerFrameOf>;
export type InboxClientFrame = InboxClientFrameOf[keyof InboxClientFrameOf];
export type InboxServerFrame = InboxServerFrameOf[keyof InboxServerFrameOf];
