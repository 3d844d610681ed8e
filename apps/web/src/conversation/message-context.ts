import type { MessageRow } from "@secureconnect/react";
import { createContext, useContext } from "react";
import type { Anchor } from "../ui/anchor.ts";
import type { Line } from "./lines.ts";

/** What the user can do with the messages of a list. The object stays the same while the list is shown. */
export interface MessageContext {
	readonly conversationId: string;
	/** Opens the menu of a message. */
	readonly onMenu: (line: Line, anchor: Anchor) => void;
	/** Opens the emoji picker, to add a reaction. */
	readonly onPick: (row: MessageRow, anchor: Anchor) => void;
	readonly onReact: (row: MessageRow, reaction: string, on: boolean) => void;
	readonly onReply: (row: MessageRow) => void;
	/** Opens the thread that begins with a message. */
	readonly onThread: (rootId: string) => void;
	/** Shows a message in the list. */
	readonly onJump: (messageId: string) => void;
}

export const MessagesContext = createContext<MessageContext | undefined>(
	undefined,
);

export function useMessageContext(): MessageContext {
	const context = useContext(MessagesContext);
	if (!context) throw new Error("MessagesContext is missing");
	return context;
}
