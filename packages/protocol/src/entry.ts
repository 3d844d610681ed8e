/**
 * Entry of a conversation's log. `body` holds the fields of the entry's type as JSON text. The server encodes it once,
 * when it accepts the entry, and inserts it into every frame and page that contains the entry.
 */
export interface Entry {
	readonly type: EntryType;
	readonly conversationId: string;
	/** Position in the conversation's log, from 1, without gaps. */
	readonly seq: number;
	/** UUIDv7 that the server assigns. */
	readonly messageId: string;
	readonly senderId: string;
	/** Milliseconds since 1970. It does not define the order of entries; `seq` does. */
	readonly timestamp: number;
	readonly clientMessageId: string | null;
	/** JSON object in wire form, never empty. */
	readonly body: string;
}

export type EntryType = "chat" | "participant_removed";
