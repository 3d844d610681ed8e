export { ChatWebSocket, type ChatWebSocketOptions } from "./chat-web-socket.ts";
export { type ChatClient, createClient } from "./client.ts";
export type { ConnectionState } from "./connection-state.ts";
export type {
	Conversation,
	EditOptions,
	PlacedMessage,
} from "./conversation.ts";
export type {
	ConversationDetails,
	ConversationSettings,
} from "./conversation-details.ts";
export {
	type ConversationLog,
	logOf,
	type WireEntry,
} from "./conversation-log.ts";
export {
	type ConversationTimeline,
	timelineOf,
} from "./conversation-timeline.ts";
export type {
	ConversationChange,
	ConversationPage,
	ConversationSummary,
	ConversationsResource,
	ListOptions,
	NewConversation,
	PostOptions,
	PresenceList,
	Receipt,
} from "./conversations-resource.ts";
export { ChatError, type ClientErrorCode } from "./errors.ts";
export type {
	ConversationEntry,
	ConversationEvents,
	Entry,
	Fields,
	Message,
	Metadata,
	Removal,
} from "./events.ts";
export type {
	HistoryOptions,
	MessagePage,
	MessagesOptions,
} from "./history.ts";
export type {
	Inbox,
	InboxEvents,
	InboxList,
	InboxState,
} from "./inbox/inbox.ts";
export type { InboxRow, ListedMessage } from "./inbox/inbox-frames.ts";
export type { LiveConversation, SendOptions } from "./live-conversation.ts";
export type { ClientOptions } from "./options.ts";
export { indexedDbOutbox } from "./outbox/indexeddb.ts";
export type { StorageProblem } from "./outbox/outbox.ts";
export {
	memoryOutbox,
	type OutboxRecord,
	type OutboxStore,
	type OutboxWatcher,
	type Settled,
} from "./outbox/store.ts";
export type {
	Participant,
	ParticipantsResource,
	Role,
} from "./participants-resource.ts";
export type { PresentUser } from "./presence.ts";
export type { Protocol } from "./reconnecting-socket.ts";
export type {
	Acknowledgement,
	Mentions,
	SendStatus,
	SentCommand,
	SentMessage,
} from "./sent-message.ts";
export { pinsOf, type TimelinePart, threadOf } from "./timeline-parts.ts";
