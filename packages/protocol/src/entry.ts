import type { AmendmentType, EntryType } from "./entry-types.ts";

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
	/** JSON object in wire form, never empty. A message that was amended has its newest content. */
	readonly body: string;
	/** Whether the entry is a message whose content was erased. */
	readonly isErased?: true;
}

/** Users whom a message mentions. */
export interface Mentions {
	readonly userIds: readonly string[];
	/** Whether the message mentions every participant. */
	readonly all: boolean;
}

/** Command that amends a message. */
export interface Amendment {
	readonly type: AmendmentType;
	/** Lower-case id of the message. */
	readonly targetId: string;
	readonly clientMessageId?: string;
	/** Fields of the amendment as JSON object in wire form, including the target. */
	readonly body: string;
	/** Version that the message must have. */
	readonly ifVersion?: number;
	/** Mark that the amendment sets or clears; present if its type is one of marks. */
	readonly mark?: { readonly name: string; readonly on: boolean };
	/** Mentions that replace those of the message. */
	readonly mentions?: Mentions;
}
