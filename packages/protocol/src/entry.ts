/**
 * One entry of a conversation's log. What its type adds to the common fields is kept as JSON text (`body`), made once
 * when the entry is accepted and spliced into every frame and page that shows it.
 */
export interface Entry {
	readonly type: EntryType;
	readonly conversationId: string;
	/** Place in the conversation's log, from 1, without gaps. */
	readonly seq: number;
	/** UUIDv7, given by the server. */
	readonly messageId: string;
	readonly senderId: string;
	/** Milliseconds since 1970. Orders nothing: that is what `seq` is for. */
	readonly timestamp: number;
	readonly clientMessageId: string | null;
	/** A JSON object in wire form, never empty. */
	readonly body: string;
}

export type EntryType = "chat" | "participant_removed";
