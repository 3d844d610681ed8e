export { ChatWebSocket, type ChatWebSocketOptions } from "./chat-web-socket.ts";
export { type ChatClient, type ClientOptions, createClient } from "./client.ts";
export type { ConnectionState } from "./connection-state.ts";
export type { Conversation, SendOptions } from "./conversation.ts";
export { ChatError, type ClientErrorCode } from "./errors.ts";
export type {
	ConversationEntry,
	ConversationEvents,
	Entry,
	Message,
	Removal,
} from "./events.ts";
export type { HistoryOptions } from "./history.ts";
export { indexedDbOutbox } from "./outbox/indexeddb.ts";
export type { StorageProblem } from "./outbox/outbox.ts";
export {
	memoryOutbox,
	type OutboxRecord,
	type OutboxStore,
	type OutboxWatcher,
	type Settled,
} from "./outbox/store.ts";
export type { PresentUser } from "./presence.ts";
export type { Protocol } from "./reconnecting-socket.ts";
export type {
	Acknowledgement,
	SendStatus,
	SentMessage,
} from "./sent-message.ts";
