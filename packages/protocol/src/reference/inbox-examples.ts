/** Examples of the frames that only `/v1/ws/inbox` has, shown in the references. */
import type {
	WireInboxClientFrameOf,
	WireInboxServerFrameOf,
} from "../inbox-frames.ts";
import {
	restExamples,
	listedConversation as row,
	serverExamples,
} from "./examples.ts";

const { epoch } = restExamples.conversationList;
const {
	conversation_id,
	user_id,
	head_seq,
	present,
	present_count,
	read,
	limits,
	intervals,
	expires_at,
	timestamp,
} = serverExamples.welcome;
const totals = { total_unread: 1, total_mentions: 0 };

export const inboxClientExamples: WireInboxClientFrameOf = {
	subscribe: { type: "subscribe", conversation_id, after_seq: 40 },
	unsubscribe: { type: "unsubscribe", conversation_id },
};

export const inboxServerExamples: WireInboxServerFrameOf = {
	inbox: {
		type: "inbox",
		user_id,
		epoch,
		conversations: [row],
		more: false,
		...totals,
		limits: { ...limits, max_subscriptions: 200 },
		intervals,
		expires_at,
		timestamp,
	},
	subscribed: {
		type: "subscribed",
		conversation_id,
		epoch,
		head_seq,
		recovered: true,
		present,
		present_count,
		read,
		timestamp,
	},
	unsubscribed: {
		type: "unsubscribed",
		conversation_id,
		reason: "removed",
		timestamp,
	},
	inbox_changed: {
		type: "inbox_changed",
		conversations: [
			{
				...row,
				read_seq: 41,
				unread: 0,
			},
		],
		total_unread: 0,
		total_mentions: 0,
		timestamp,
	},
	conversation_added: {
		type: "conversation_added",
		conversation: {
			...row,
			role: "member",
			head_seq: 0,
			read_seq: 0,
			unread: 0,
			last_message: null,
		},
		...totals,
		timestamp,
	},
	conversation_removed: {
		type: "conversation_removed",
		conversation_id,
		reason: "removed",
		total_unread: 0,
		total_mentions: 0,
		timestamp,
	},
};
