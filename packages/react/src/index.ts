"use client";

export type {
	ChatClient,
	ConnectionState,
	Conversation,
	ConversationSettings,
	ConversationSummary,
	EditOptions,
	Fields,
	Mentions,
	Message,
	Metadata,
	PlacedMessage,
	PresentUser,
	Removal,
	SendOptions,
	SendStatus,
	SentCommand,
	SentMessage,
} from "@secureconnect/client";
export type { ChatRest } from "@secureconnect/client/rest";
export type {
	MarkUsers,
	MessageRow,
	NoticeRow,
	TimelineRow,
} from "@secureconnect/client/timeline";
export type { MessagesState } from "./message-store.ts";
export {
	type Chat,
	ChatProvider,
	type ChatProviderProps,
	useChat,
} from "./provider.ts";
export {
	type Presence,
	type Receipts,
	type Typing,
	useConnectionState,
	useConversation,
	usePresence,
	useReceipts,
	useTyping,
} from "./use-conversation.ts";
export { type Conversations, useConversations } from "./use-conversations.ts";
export { type InboxTotals, useInbox } from "./use-inbox.ts";
export { type OneMessage, useMessage } from "./use-message.ts";
export {
	type MessageActions,
	useMessageActions,
} from "./use-message-actions.ts";
export { type Messages, useMessages } from "./use-messages.ts";
export { type Pins, usePins } from "./use-pins.ts";
export { type Thread, useThread } from "./use-thread.ts";
export { type Unread, useUnread } from "./use-unread.ts";
