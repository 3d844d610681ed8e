"use client";

export type {
	ChatClient,
	ConnectionState,
	Conversation,
	ConversationSettings,
	ConversationSummary,
	Fields,
	Message,
	Metadata,
	PlacedMessage,
	PresentUser,
	Removal,
	SendOptions,
	SendStatus,
	SentMessage,
} from "@secureconnect/client";
export type { ChatRest } from "@secureconnect/client/rest";
export type { MessageItem } from "./message-list.ts";
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
export { type Messages, useMessages } from "./use-messages.ts";
