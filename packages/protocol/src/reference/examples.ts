/** Examples of every frame and body, shown in the references. */
import type { WireClientFrameOf, WireServerFrameOf } from "../frames.ts";
import type { WireRest } from "../rest.ts";

const conversationId = "550e8400-e29b-41d4-a716-446655440000";
const alice = "a11ce000-0000-4000-8000-000000000001";
const bob = "b0b00000-0000-4000-8000-000000000002";
const messageId = "01a206f1-c003-7000-b1c4-4de839382737";
const clientMessageId = "0b1f3a52-9d6e-4c1a-8b7f-2f4f6d1c9e10";
const epoch = "5e730b4c-8d4b-4909-bc11-b17166b2c424";
const timestamp = "2026-01-09T10:30:15.000Z";

const chat: WireServerFrameOf["chat"] = {
	type: "chat",
	conversation_id: conversationId,
	sender_id: alice,
	message_id: messageId,
	content: "Hello, World!",
	is_encrypted: false,
	message_type: "text",
	metadata: {},
	timestamp,
	seq: 41,
	client_message_id: clientMessageId,
};

export const clientExamples: WireClientFrameOf = {
	chat: {
		type: "chat",
		content: "Hello, World!",
		client_message_id: clientMessageId,
	},
	edit: {
		type: "edit",
		target_id: messageId,
		content: "Hello, everyone!",
		client_message_id: clientMessageId,
	},
	delete: { type: "delete", target_id: messageId },
	reaction: {
		type: "reaction",
		target_id: messageId,
		reaction: "👍",
		on: true,
	},
	pin: { type: "pin", target_id: messageId, on: true },
	typing: { type: "typing" },
	read: { type: "read", message_id: messageId },
	auth: { type: "auth", access_token: "eyJhbGciOi..." },
};

const amendment = {
	conversation_id: conversationId,
	sender_id: alice,
	message_id: "01a206f1-c090-7000-8a3e-4b1d2c3f5a6b",
	target_id: messageId,
	timestamp,
	seq: 42,
};

export const serverExamples: WireServerFrameOf = {
	chat,
	edit: {
		type: "edit",
		...amendment,
		content: "Hello, everyone!",
		is_encrypted: false,
		message_type: "text",
		metadata: {},
		version: 42,
		edited_at: timestamp,
		client_message_id: clientMessageId,
	},
	delete: { type: "delete", ...amendment },
	reaction: {
		type: "reaction",
		...amendment,
		reaction: "👍",
		on: true,
	},
	pin: { type: "pin", ...amendment, on: true },
	participant_removed: {
		type: "participant_removed",
		conversation_id: conversationId,
		sender_id: alice,
		message_id: "01a206f1-c104-7000-9d20-0c6a3c6d1f2e",
		user_id: bob,
		timestamp,
		seq: 42,
	},
	participant_added: {
		type: "participant_added",
		conversation_id: conversationId,
		sender_id: alice,
		message_id: "01a206f1-c104-7000-9d20-0c6a3c6d1f2e",
		user_ids: [bob],
		timestamp,
		seq: 42,
	},
	role_changed: {
		type: "role_changed",
		conversation_id: conversationId,
		sender_id: alice,
		message_id: "01a206f1-c104-7000-9d20-0c6a3c6d1f2e",
		user_id: bob,
		role: "moderator",
		timestamp,
		seq: 42,
	},
	conversation_changed: {
		type: "conversation_changed",
		conversation_id: conversationId,
		sender_id: alice,
		message_id: "01a206f1-c104-7000-9d20-0c6a3c6d1f2e",
		title: "Dinner",
		timestamp,
		seq: 42,
	},
	typing: {
		type: "typing",
		conversation_id: conversationId,
		sender_id: bob,
		timestamp,
	},
	read: {
		type: "read",
		conversation_id: conversationId,
		sender_id: bob,
		message_id: messageId,
		timestamp,
	},
	user_joined: {
		type: "user_joined",
		conversation_id: conversationId,
		sender_id: bob,
		name: "Bob",
		timestamp,
	},
	user_left: {
		type: "user_left",
		conversation_id: conversationId,
		sender_id: bob,
		timestamp,
	},
	ack: {
		type: "ack",
		client_message_id: clientMessageId,
		message_id: messageId,
		seq: 41,
		timestamp,
	},
	error: {
		type: "error",
		code: "invalid_frame",
		message: "content must be string",
		timestamp,
	},
	welcome: {
		type: "welcome",
		conversation_id: conversationId,
		timestamp,
		user_id: alice,
		epoch,
		head_seq: 41,
		recovered: false,
		present: [{ user_id: alice, name: "Alice" }],
		present_count: 1,
		read: [{ user_id: bob, message_id: messageId, seq: 41 }],
		limits: {
			max_message_bytes: 1_048_576,
			max_metadata_bytes: 16_384,
			max_depth: 16,
			max_message_type_length: 64,
		},
		intervals: { ping_ms: 54_000, pong_timeout_ms: 60_000 },
		expires_at: "2026-01-09T10:45:15.000Z",
	},
	auth_ok: {
		type: "auth_ok",
		expires_at: "2026-01-09T11:00:15.000Z",
		timestamp,
	},
};

const ownSettings: WireRest["ownSettings"] = {
	muted_until: null,
	archived: false,
	favourite: true,
	marked_unread: false,
};

const conversation: WireRest["conversation"] = {
	conversation_id: conversationId,
	title: "Lunch",
	metadata: {},
	created_by: alice,
	created_at: timestamp,
	epoch,
	closed: false,
	kind: "group",
	...ownSettings,
	head_seq: 41,
	participant_count: 2,
	participants: [
		{ user_id: alice, name: "Alice", role: "owner", joined_at: timestamp },
		{ user_id: bob, role: "member", joined_at: timestamp },
	],
};

const foldedMessage: WireRest["message"] = {
	...chat,
	reactions: [{ reaction: "👍", count: 1, me: false, user_ids: [bob] }],
	pinned: true,
	thread: { count: 2, last_at: timestamp, user_ids: [bob] },
};

/** A row of a list, without the metadata that only REST shows. */
export const listedConversation = {
	conversation_id: conversationId,
	title: "Lunch",
	role: "owner" as const,
	closed: false,
	kind: "group" as const,
	...ownSettings,
	head_seq: 41,
	read_seq: 40,
	unread: 1,
	mentions: 0,
	last_message: chat,
	updated_at: timestamp,
};

export const restExamples = {
	createConversation: { title: "Lunch", participant_ids: [bob] },
	changeConversation: { title: "Dinner", closed: true },
	changeParticipant: { role: "moderator" },
	changeOwnSettings: { favourite: true },
	ownSettings,
	addParticipants: { participant_ids: [bob] },
	sendMessage: { content: "Noon?", client_message_id: clientMessageId },
	conversation,
	conversationList: {
		conversations: [{ ...listedConversation, metadata: {} }],
		next: null,
		epoch,
	},
	foldedMessage,
	timelinePage: {
		messages: [foldedMessage],
		next: null,
		epoch,
		as_of_seq: 44,
	},
	messagePage: { messages: [chat], next: 41, epoch },
	receipts: {
		receipts: [
			{
				user_id: bob,
				name: "Bob",
				read: { message_id: messageId, seq: 41 },
				delivered: { message_id: messageId, seq: 41 },
			},
		],
	},
	presence: { users: [{ user_id: alice, name: "Alice" }], count: 1 },
	blocks: { blocks: [{ user_id: bob, created_at: timestamp }] },
	message: chat,
	health: { status: "ok" },
} satisfies Record<string, unknown>;
