/**
 * Contract of a message log. `contract-suite.ts` beside this file tests every sentence here against any implementation.
 */
import type {
	Amendment,
	AmendmentType,
	Entry,
	Mentions,
	Role,
} from "@secureconnect/protocol";

export type { Role } from "@secureconnect/protocol";

/**
 * User who makes a request. `admin` gives the rights of an owner in every conversation. It does not make the user a
 * participant.
 */
export interface Actor {
	readonly userId: string;
	readonly admin: boolean;
}

/** Limits on additions. The caller passes them with each write. */
export interface AdditionLimits {
	/** Maximum number of participants in a conversation. */
	readonly maxParticipants: number;
	/**
	 * Maximum number of participations that a user created for the same other user and that this user has not answered.
	 */
	readonly maxUnansweredAdditions: number;
}

/**
 * Fields of each write. The caller chooses ids and times before the first attempt, so it can repeat a write whose
 * outcome it does not know.
 */
export interface Writes {
	/**
	 * Appends a chat message. The sender must be a participant in the same transaction that appends the message.
	 * Advances the sender's read watermark to the message.
	 */
	message: {
		readonly conversationId: string;
		readonly senderId: string;
		readonly messageId: string;
		readonly timestamp: number;
		readonly clientMessageId: string | null;
		readonly body: string;
		/** Messages of this conversation to which the message refers. */
		readonly replyTo?: string;
		readonly threadId?: string;
		readonly mentions?: Mentions;
	};
	/**
	 * Appends an amendment and folds it into its target, as {@link ENTRY_TYPES} defines for its type. A mark that would
	 * change nothing appends nothing. Erasing removes the content of the target and of its amendments from the store.
	 */
	amend: Amendment & {
		readonly conversationId: string;
		readonly actor: Actor;
		/** Lowest role that may write the amendment, if its type allows lower ones and the server does not. */
		readonly leastRole?: Role;
		readonly messageId: string;
		readonly timestamp: number;
	};
	/**
	 * Advances a participant's read watermark to a chat message. The watermark never moves back. Clears `markedUnread`.
	 */
	read: {
		readonly conversationId: string;
		readonly userId: string;
		readonly messageId: string;
	};
	/**
	 * Creates a conversation. The actor becomes its owner and first participant. The other users are added as by `add`.
	 */
	create: Actor & {
		readonly conversationId: string;
		readonly title: string | null;
		/** JSON object as text. */
		readonly metadata: string;
		readonly participantIds: readonly string[];
		readonly timestamp: number;
		readonly limits: AdditionLimits;
	};
	/**
	 * Creates the conversation if it does not exist. Makes the user a participant unless another user removed them, the
	 * conversation is direct, or it was deleted.
	 */
	join: {
		readonly conversationId: string;
		readonly userId: string;
		readonly timestamp: number;
		readonly maxParticipants: number;
	};
	/**
	 * Makes users participants. Users who already participate keep their role. Only owners may add users. The write
	 * leaves out users who have blocked the actor. If it would exceed a limit, the log refuses the whole write. Blocks
	 * and `maxUnansweredAdditions` do not apply to users whom an admin adds, nor to actors who add themselves. Appends
	 * `participant_added` if it adds any user.
	 */
	add: {
		readonly conversationId: string;
		readonly actor: Actor;
		readonly userIds: readonly string[];
		readonly messageId: string;
		readonly timestamp: number;
		readonly limits: AdditionLimits;
	};
	/**
	 * Marks an addition as answered: the participant has shown that they know the conversation. Sending a message,
	 * reading and the end of the participation also answer the addition.
	 */
	answer: { readonly conversationId: string; readonly userId: string };
	/**
	 * Ends a participation and appends `participant_removed`. Owners may remove any participant. Every participant may
	 * leave.
	 */
	remove: {
		readonly conversationId: string;
		readonly actor: Actor;
		readonly userId: string;
		readonly messageId: string;
		readonly timestamp: number;
		readonly body: string;
	};
	/**
	 * Changes a conversation and appends `conversation_changed` with the fields that have new values. Changes and appends
	 * nothing if there are none. Only owners may change a conversation. A closed conversation takes no messages.
	 */
	change: {
		readonly conversationId: string;
		readonly actor: Actor;
		readonly messageId: string;
		readonly timestamp: number;
		readonly title?: string | null;
		/** JSON object as text. */
		readonly metadata?: string;
		readonly closed?: boolean;
	};
	/**
	 * Gives a participant a role and appends `role_changed`, unless the participant has it. Only owners may. The last
	 * owner keeps the role.
	 */
	assign: {
		readonly conversationId: string;
		readonly actor: Actor;
		readonly userId: string;
		readonly role: Role;
		readonly messageId: string;
		readonly timestamp: number;
	};
	/**
	 * Stores a participant's own settings. Fields left out keep their values, also while the user does not participate.
	 */
	configure: {
		readonly conversationId: string;
		readonly userId: string;
		readonly settings: Partial<OwnSettings>;
	};
	/**
	 * Finds the direct conversation of two users, or creates it with both as participants. Later writes neither add nor
	 * remove a participant. The other user is added as by `add`; if that user has blocked this one, the log refuses.
	 */
	direct: Actor & {
		readonly otherId: string;
		/** Id of the conversation if the write creates it. */
		readonly conversationId: string;
		readonly timestamp: number;
		readonly limits: AdditionLimits;
	};
	/**
	 * Deletes a conversation with everything in it. Only owners may. The log keeps its id: no later write creates a
	 * conversation with it. Its content and its participants stay in the store until `purge` has removed them, but no
	 * read returns them.
	 */
	erase: { readonly conversationId: string; readonly actor: Actor };
	/**
	 * Removes a part of the content that `erase`, and `amend` with an outcome that is unfinished, have left in the store,
	 * also before the log was opened. Takes a short time.
	 */
	purge: {
		readonly userId: string;
		/** Conversation whose content is meant; undefined for all of them. */
		readonly conversationId?: string;
	};
	/**
	 * Prevents `blockedId` from adding this user to conversations. A user blocks at most {@link Limits.maxBlocks} others.
	 */
	block: {
		readonly userId: string;
		readonly blockedId: string;
		readonly timestamp: number;
	};
	unblock: { readonly userId: string; readonly blockedId: string };
	/** Stores the display name of a user. */
	rename: { readonly userId: string; readonly name: string };
	/**
	 * Creates a cursor for a device unless the device has a valid one. If the user already has {@link Limits.maxDevices}
	 * devices in this conversation, the log deletes the cursor of the device that has been inactive longest.
	 */
	device: Device & {
		/** First position of the cursor; null for the head of the conversation. */
		readonly seq: number | null;
		readonly timestamp: number;
	};
	/**
	 * Records that the device has proved receipt of every entry up to `seq`. With `seq` 0 it keeps the cursor valid
	 * without moving it. A cursor never moves back. The write does not create a missing cursor.
	 */
	deliver: Device & { readonly seq: number; readonly timestamp: number };
}

/** Settings of one user for one conversation. */
export interface OwnSettings {
	/** Milliseconds since 1970; null if the user hears of messages. */
	readonly mutedUntil: number | null;
	readonly archived: boolean;
	readonly favourite: boolean;
	readonly markedUnread: boolean;
}

/** Device of a user in a conversation. */
export interface Device {
	readonly conversationId: string;
	readonly userId: string;
	readonly deviceId: string;
}

/** The log appended the entry. */
type Stored = { readonly kind: "stored"; readonly entry: Entry };
/**
 * The sender already made this entry with the same `clientMessageId` or `messageId`. The log appended nothing. If the
 * entry is a message that was amended since, it has its newest content.
 */
type Duplicate = { readonly kind: "duplicate"; readonly entry: Entry };
type Done = { readonly kind: "done" };
type Refused<R extends string> = {
	readonly kind: "refused";
	readonly reason: R;
};

/** Refusal of an addition. The write changed nothing for any user. */
export type AdditionRefusal = Refused<
	"too_many_participants" | "too_many_unanswered_additions"
>;

export interface Outcomes {
	message:
		| Stored
		| Duplicate
		| Refused<
				| "not_participant"
				| "read_only"
				| "forbidden"
				| "unknown_message"
				| "conflict"
		  >;
	amend:
		| (Stored & {
				/**
				 * Whether the store still has content of the target's amendments, until `purge` has removed it. No read returns
				 * it.
				 */
				readonly unfinished?: boolean;
		  })
		| Duplicate
		/**
		 * The target already has this state. The log appended nothing; `entry` is the one that set the state, or the target
		 * if there is none.
		 */
		| { readonly kind: "unchanged"; readonly entry: Entry }
		| Refused<
				| "not_participant"
				| "read_only"
				| "forbidden"
				| "unknown_message"
				| "message_deleted"
				| "version_conflict"
				| "limit_reached"
				| "conflict"
		  >;
	read:
		| { readonly kind: "advanced"; readonly seq: number }
		/**
		 * The watermark is already at this message or later. The write is accepted, and there is no change to broadcast.
		 */
		| { readonly kind: "unchanged" }
		| Refused<"not_participant" | "unknown_message">;
	create: Done | Refused<"exists"> | AdditionRefusal;
	join:
		| Done
		| Refused<
				"removed" | "too_many_participants" | "direct_conversation" | "deleted"
		  >;
	add:
		| Stored
		/** Every user who may be added is a participant already. */
		| Done
		| Refused<"not_participant" | "not_owner" | "direct_conversation">
		| AdditionRefusal;
	answer: Done;
	remove:
		| Stored
		| Refused<
				| "not_participant"
				| "not_owner"
				| "unknown_participant"
				| "direct_conversation"
		  >;
	/** `done` if there was nothing to change. */
	change: Stored | Done | Refused<"not_participant" | "not_owner">;
	assign:
		| Stored
		| Done
		| Refused<
				| "not_participant"
				| "not_owner"
				| "unknown_participant"
				| "last_owner"
				| "direct_conversation"
		  >;
	configure:
		| { readonly kind: "configured"; readonly settings: OwnSettings }
		| Refused<"not_participant">;
	direct:
		| {
				readonly kind: "direct";
				readonly conversationId: string;
				readonly created: boolean;
		  }
		| Refused<"blocked">
		| AdditionRefusal;
	erase: Done | Refused<"not_participant" | "not_owner">;
	/** `more` says whether there is content for another `purge` with the same fields. */
	purge: { readonly kind: "purged"; readonly more: boolean };
	block: Done | Refused<"too_many_blocks">;
	unblock: Done;
	rename: Done;
	device: { readonly kind: "cursor"; readonly seq: number };
	deliver: Done;
}

export type WriteKind = keyof Writes;
export type Write = {
	[K in WriteKind]: { readonly kind: K } & Writes[K];
}[WriteKind];
export type Outcome = Outcomes[WriteKind];

interface Membership {
	readonly role: Role;
	/** Whether another user added this user and this user has not answered yet. */
	readonly unanswered: boolean;
}

/**
 * State of a conversation for a user who connects. All fields are from one moment, so a connection misses nothing if it
 * receives every entry after `headSeq`.
 */
export interface Admission {
	/** Whether the conversation exists. */
	readonly exists: boolean;
	readonly headSeq: number;
	readonly membership: Membership | null;
	/**
	 * Whether `join` admits no user who does not participate: another user ended this user's participation, or the
	 * conversation is direct or was deleted.
	 */
	readonly barred: boolean;
}

/** Marks of one type and name on a message. */
export interface MarkSummary {
	readonly type: AmendmentType;
	/** Empty if the type has a single mark. */
	readonly name: string;
	readonly count: number;
	/** Whether the reader set one of the marks; true for marks that the participants share. */
	readonly isOwn: boolean;
	/** First ten users who set the mark, in order; empty for marks that the participants share. */
	readonly userIds: readonly string[];
}

export interface ThreadSummary {
	/** Number of messages in the thread that were not erased, without the first. */
	readonly count: number;
	readonly lastAt: number;
	/** Users who wrote most recently, at most five, newest first. */
	readonly userIds: readonly string[];
}

/** Entry with what its amendments amount to. */
export interface FoldedEntry {
	readonly entry: Entry;
	readonly marks: readonly MarkSummary[];
	/** Null if the entry begins no thread. */
	readonly thread: ThreadSummary | null;
}

export interface TimelinePage {
	/** Entries without amendments in ascending order of `seq`, each with all its amendments up to `asOfSeq`. */
	readonly entries: readonly FoldedEntry[];
	readonly more: boolean;
	/** Newest entry of the conversation at the moment of the read. */
	readonly asOfSeq: number;
}

/** Part of a conversation that a timeline page reads. */
export type TimelinePart =
	| { readonly kind: "all" }
	/** The replies of a thread, without its first message. */
	| { readonly kind: "thread"; readonly rootSeq: number }
	/** Messages with a mark of this type. */
	| { readonly kind: "marked"; readonly type: AmendmentType };

export interface Page {
	/** Entries in ascending order of `seq`, without gaps. */
	readonly entries: readonly Entry[];
	/** Whether the log has more entries in the direction of the read. */
	readonly more: boolean;
}

export type PageCursor =
	| { readonly direction: "before"; readonly seq: number }
	| { readonly direction: "after"; readonly seq: number };

export interface Participant {
	readonly userId: string;
	readonly name: string | null;
	readonly role: Role;
	readonly joinedAt: number;
}

export interface Conversation {
	readonly conversationId: string;
	readonly title: string | null;
	/** JSON object as text. */
	readonly metadata: string;
	readonly createdBy: string;
	readonly createdAt: number;
	/** Time of the newest entry, or of the creation if the conversation has no entries. */
	readonly updatedAt: number;
	readonly headSeq: number;
	readonly closed: boolean;
	/** Both users of a direct conversation; null for a group. */
	readonly directUserIds: readonly [string, string] | null;
}

export interface ConversationSummary extends Conversation, OwnSettings {
	readonly role: Role;
	/** Newest message that the user has read or written, or that was there when the user joined. */
	readonly readSeq: number;
	/** Number of messages after `readSeq` that were not erased. */
	readonly unread: number;
	/** Number of these messages that mention the user or every participant. */
	readonly mentions: number;
	readonly lastMessage: Entry | null;
}

/** The most recent conversations of a user. Long last messages are shortened. */
export interface RecentConversations {
	readonly conversations: readonly ConversationSummary[];
	/** Whether the user has more conversations. */
	readonly more: boolean;
}

/** What a conversation is for one of its participants. */
export interface OwnRow extends OwnSettings {
	readonly userId: string;
	readonly role: Role;
	/** Like those of {@link ConversationSummary}. */
	readonly readSeq: number;
	readonly unread: number;
	readonly mentions: number;
}

/** Conversation as several participants see it in their lists, at one moment. A long last message is shortened. */
export interface ConversationRows {
	readonly conversation: Conversation & { readonly lastMessage: Entry | null };
	readonly own: readonly OwnRow[];
}

/** Counts of the conversations of a user that are neither archived nor muted. */
export interface UnreadConversations {
	/** Conversations with unread messages. */
	readonly counts: readonly {
		readonly conversationId: string;
		readonly unread: number;
		readonly mentions: number;
	}[];
	/** Earliest time at which a conversation with unread messages is no longer muted; null if none is muted. */
	readonly mutedUntil: number | null;
}

/** End of a page of a user's list. The numbers have a meaning only for the log that returned them. */
export interface ListPlace {
	/** Moment at which the first page was read. All pages use the order of that moment. */
	readonly asOf: number;
	/** Position of the last conversation of the page in that order. */
	readonly activity: number;
	readonly key: number;
}

export interface ListPage {
	readonly conversations: readonly ConversationSummary[];
	/** Start of the next page; null after the last page. */
	readonly next: ListPlace | null;
}

/** Runs one part of a long read when the reader's turn comes. */
export type InTurn = <T>(part: () => T) => Promise<T>;

export interface Block {
	readonly userId: string;
	readonly createdAt: number;
}

export interface Watermark {
	readonly userId: string;
	readonly name: string | null;
	readonly messageId: string;
	readonly seq: number;
}

/**
 * Position at which a device resumes: after the newest entry whose receipt it has proved, or where its cursor was
 * created.
 */
export interface DeviceCursor {
	/** `seq` of the cursor; 0 before the first entry. */
	readonly seq: number;
	readonly updatedAt: number;
}

export interface Delivery {
	readonly userId: string;
	readonly name: string | null;
	readonly deviceId: string;
	/** Newest entry whose receipt the device has proved; 0 if it has proved none. */
	readonly seq: number;
	readonly updatedAt: number;
	/** Id of the entry at `seq`; null if `seq` is 0. */
	readonly messageId: string | null;
}

/**
 * Error of a log that cannot write at the moment (for example, the disk is full). The log stored nothing of the batch,
 * and the caller may try again.
 */
export class LogUnavailable extends Error {
	override readonly name = "LogUnavailable";
}

export interface MessageLog {
	/**
	 * Applies a batch in one durable commit, in the order given. Outcome `i` belongs to write `i`. Resolves only after
	 * the batch is on disk. Assigns `seq` in that order, from 1, without gaps. A refused write changes nothing. A write
	 * that fails does not affect the other writes: its outcome is an Error, and a {@link LogUnavailable} if the caller
	 * may try again. The caller must not start a batch before the previous one has ended.
	 *
	 * A caller that does not know the outcome of a `message`, `amend` or `remove` may repeat it with its `messageId`. If
	 * the first attempt was stored, the repeat with the same fields changes nothing and gets the first result. A
	 * `messageId` that belongs to a different entry is an Error.
	 * @throws {LogUnavailable} if nothing of the batch was stored and the caller may try again
	 */
	append(batch: readonly Write[]): Promise<readonly (Outcome | Error)[]>;

	/**
	 * Writes at least `bytes` bytes durably and deletes them again. The probe takes its place in the order of the
	 * batches.
	 * @throws {LogUnavailable} while the log cannot write that many bytes
	 */
	probe(bytes: number): Promise<void>;

	/** Rejects once, with the reason, when this log can never write again. The process must then end. */
	readonly failed: Promise<never>;

	/**
	 * UUID of this log, the same after every restart. A log restored from a backup has a new UUID, because what a
	 * client knows about the earlier log may be false for the restored one.
	 */
	readonly epoch: string;

	/** Returns the newest `seq`; 0 if the conversation has no entries; undefined if it does not exist. */
	head(conversationId: string): Promise<number | undefined>;
	/** Returns the conversation as a participant's list shows it; undefined for a user who is not a participant. */
	summary(
		conversationId: string,
		userId: string,
	): Promise<ConversationSummary | undefined>;
	admission(conversationId: string, userId: string): Promise<Admission>;
	/** Returns the name last stored for a user; null if there is none. */
	nameOf(userId: string): Promise<string | null>;
	/** Returns the `seq` of an entry of this conversation. */
	seqOf(conversationId: string, messageId: string): Promise<number | undefined>;
	/**
	 * Reads entries around a cursor: at most `limit` entries and about `maxBytes` bytes of bodies, but at least one
	 * entry if there is any. Resolves to undefined if `userId` is not a participant at the moment of the read.
	 */
	page(
		conversationId: string,
		userId: string,
		cursor: PageCursor,
		limit: number,
		maxBytes: number,
	): Promise<Page | undefined>;
	/** Reads a page like {@link page}, without amendments but with what they amount to. */
	timeline(
		conversationId: string,
		userId: string,
		part: TimelinePart,
		cursor: PageCursor,
		limit: number,
		maxBytes: number,
	): Promise<TimelinePage | undefined>;
	/** Reads entries from `fromSeq` to `toSeq`, both included. Checks no membership: only the server itself calls it. */
	range(
		conversationId: string,
		fromSeq: number,
		toSeq: number,
	): Promise<readonly Entry[]>;
	conversation(conversationId: string): Promise<
		| (Conversation & {
				/** The first 1,000 users to join. */
				readonly participants: readonly Participant[];
				readonly participantCount: number;
		  })
		| undefined
	>;
	/**
	 * Lists a user's conversations, most recently active first. The order is that of the log and does not depend on
	 * clocks. The bounds are those of {@link page}. Consecutive pages list each conversation once, including
	 * conversations that become active between two pages. They list only some of the conversations that the user
	 * creates or joins between two pages.
	 * @param after undefined for the first page
	 * @param inTurn runs the parts of a long list; each part takes a few milliseconds
	 * @returns undefined if too much has changed since the first page, or if `after` is not from this log
	 */
	conversationsOf(
		userId: string,
		limit: number,
		maxBytes: number,
		after: ListPlace | undefined,
		inTurn: InTurn,
	): Promise<ListPage | undefined>;
	/**
	 * Lists the `limit` first conversations of {@link conversationsOf}. A last message whose JSON has more than
	 * {@link Limits.maxListedBytes} bytes has only its first {@link Limits.listedCharacters} characters, empty metadata,
	 * and `truncated`.
	 */
	recentOf(
		userId: string,
		limit: number,
		inTurn: InTurn,
	): Promise<RecentConversations>;
	/**
	 * Counts what a user has not read, in all conversations.
	 * @param now a conversation that is muted until a later time does not count
	 */
	unreadOf(
		userId: string,
		now: number,
		inTurn: InTurn,
	): Promise<UnreadConversations>;
	/**
	 * Reads a conversation for those of the users who are participants. The cost depends on the number of users named.
	 * @returns undefined if none of them is a participant
	 */
	rowsOf(
		conversationId: string,
		userIds: readonly string[],
	): Promise<ConversationRows | undefined>;
	/** Returns the ids of the participants; undefined if there are more than `atMost`. */
	participantIds(
		conversationId: string,
		atMost: number,
	): Promise<readonly string[] | undefined>;
	/**
	 * Returns users who participated when the conversation was erased, in order of their ids, until `purge` has removed
	 * them.
	 * @param after last user of the previous page
	 */
	erasedParticipantIds(
		conversationId: string,
		after: string | undefined,
		limit: number,
	): Promise<readonly string[]>;
	/** Returns the users whom a user has blocked, in order of their ids. */
	blocksOf(userId: string): Promise<readonly Block[]>;
	/** Returns the read watermarks of current participants, furthest first. */
	watermarks(
		conversationId: string,
		limit: number,
	): Promise<readonly Watermark[]>;

	/** Returns a device's cursor, unless it last moved more than {@link Limits.deviceCursorMs} before `now`. */
	deviceCursor(device: Device, now: number): Promise<DeviceCursor | undefined>;
	/** Returns the cursors of current participants' devices that are valid at `now`, furthest first. */
	deliveries(
		conversationId: string,
		now: number,
		limit: number,
	): Promise<readonly Delivery[]>;

	close(): Promise<void>;
}
