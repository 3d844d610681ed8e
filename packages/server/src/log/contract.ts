/**
 * What a message log must do. `contract-suite.ts` beside this file tests every sentence here on any implementation.
 */
import type { Entry } from "@secureconnect/protocol";

export type Role = "owner" | "member";

/** Who asks. `admin` stands for an owner's rights on every conversation; it does not make a participant. */
export interface Actor {
	readonly userId: string;
	readonly admin: boolean;
}

/** Bounds on adding users, given with each write. */
export interface AdditionLimits {
	/** Participants of one conversation. */
	readonly maxParticipants: number;
	/** Participations that one user made for the same other user, who has not answered any of them yet. */
	readonly maxUnansweredAdditions: number;
}

/** Ids and times are given by the caller before the first try, so that a write of unknown outcome can be repeated. */
export interface Writes {
	/** Appends a chat message. The sender must be a participant in the very transaction that appends. */
	message: {
		readonly conversationId: string;
		readonly senderId: string;
		readonly messageId: string;
		readonly timestamp: number;
		readonly clientMessageId: string | null;
		readonly body: string;
	};
	/** Moves a participant's watermark up to a chat message; it never moves back. */
	read: {
		readonly conversationId: string;
		readonly userId: string;
		readonly messageId: string;
	};
	/** Makes a conversation whose owner and first participant is the actor. The others are added as by `add`. */
	create: Actor & {
		readonly conversationId: string;
		readonly title: string | null;
		/** A JSON object. */
		readonly metadata: string;
		readonly participantIds: readonly string[];
		readonly timestamp: number;
		readonly limits: AdditionLimits;
	};
	/** Makes the conversation if it is not there, and the user a participant unless somebody removed them. */
	join: {
		readonly conversationId: string;
		readonly userId: string;
		readonly timestamp: number;
		readonly maxParticipants: number;
	};
	/**
	 * Makes users participants; those that are already stay as they are. Owners only. Leaves out users who have blocked the
	 * actor, and is refused as a whole where it would exceed a limit. Users whom an admin adds, and an actor who adds the
	 * actor, are under neither blocks nor `maxUnansweredAdditions`.
	 */
	add: {
		readonly conversationId: string;
		readonly actor: Actor;
		readonly userIds: readonly string[];
		readonly timestamp: number;
		readonly limits: AdditionLimits;
	};
	/**
	 * The participant has shown to know of the conversation: the addition is answered. Sending, reading and the end of the
	 * participation answer it too.
	 */
	answer: { readonly conversationId: string; readonly userId: string };
	/** Ends a participation and appends `participant_removed`. Owners may remove anyone, anyone may leave. */
	remove: {
		readonly conversationId: string;
		readonly actor: Actor;
		readonly userId: string;
		readonly messageId: string;
		readonly timestamp: number;
		readonly body: string;
	};
	/** Keeps `blockedId` from adding this user to conversations; a user blocks at most {@link Limits.maxBlocks} others. */
	block: {
		readonly userId: string;
		readonly blockedId: string;
		readonly timestamp: number;
	};
	unblock: { readonly userId: string; readonly blockedId: string };
	/** Keeps the name under which a user is shown. */
	rename: { readonly userId: string; readonly name: string };
	/**
	 * Makes a device's cursor, unless there is one that counts. The device that was quiet for longest makes room for it
	 * where the user has {@link Limits.maxDevices} in this conversation.
	 */
	device: Device & {
		/** Where it begins; at the head where that is null. */
		readonly seq: number | null;
		readonly timestamp: number;
	};
	/**
	 * The device has proved to have got everything up to an entry, or with `seq` 0 nothing more than before. Its cursor never moves
	 * back; one that is not there stays away.
	 */
	deliver: Device & { readonly seq: number; readonly timestamp: number };
}

/** One of a user's devices in a conversation. */
export interface Device {
	readonly conversationId: string;
	readonly userId: string;
	readonly deviceId: string;
}

type Stored = { readonly kind: "stored"; readonly seq: number };
type Done = { readonly kind: "done" };
type Refused<R extends string> = {
	readonly kind: "refused";
	readonly reason: R;
};

/** Nothing was changed, for anybody. */
export type AdditionRefusal = Refused<
	"too_many_participants" | "too_many_unanswered_additions"
>;

export interface Outcomes {
	message:
		| Stored
		/** The same `clientMessageId` with the same body: nothing was stored; here is what was. */
		| {
				readonly kind: "duplicate";
				readonly seq: number;
				readonly messageId: string;
				readonly timestamp: number;
		  }
		| Refused<"not_participant" | "conflict">;
	read:
		| { readonly kind: "advanced"; readonly seq: number }
		/** An older or equal watermark: accepted, and nothing to tell anyone. */
		| { readonly kind: "unchanged" }
		| Refused<"not_participant" | "unknown_message">;
	create: Done | Refused<"exists"> | AdditionRefusal;
	join: Done | Refused<"removed" | "too_many_participants">;
	add: Done | Refused<"not_participant" | "not_owner"> | AdditionRefusal;
	answer: Done;
	remove:
		| Stored
		| Refused<"not_participant" | "not_owner" | "unknown_participant">;
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
	/** Another user added this one, who has not answered yet. */
	readonly unanswered: boolean;
}

/** All parts are of one moment, so that what comes after `headSeq` is all that the user has yet to be shown. */
export interface Admission {
	/** Whether there is such a conversation. */
	readonly exists: boolean;
	readonly headSeq: number;
	readonly membership: Membership | null;
	/** Somebody else ended this user's participation, and nobody has added them again. */
	readonly removed: boolean;
}

export interface Page {
	/** In ascending `seq`, without gaps. */
	readonly entries: readonly Entry[];
	/** Whether there is more in the direction read. */
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
	/** A JSON object. */
	readonly metadata: string;
	readonly createdBy: string;
	readonly createdAt: number;
	/** Time of the newest entry, or of the creation where there is none. */
	readonly updatedAt: number;
	readonly headSeq: number;
}

export interface ConversationSummary extends Conversation {
	readonly role: Role;
	readonly readSeq: number;
	/** Chat messages of others after `readSeq`, counted among the newest 200 entries. */
	readonly unread: number;
	readonly lastMessage: Entry | null;
}

/** Where a page of a user's list ended. Only the log that gave the numbers knows what they mean. */
export interface ListPlace {
	/** The moment when the first page was read, whose order all pages have. */
	readonly asOf: number;
	/** Place of the last conversation in that order. */
	readonly activity: number;
	readonly key: number;
}

export interface ListPage {
	readonly conversations: readonly ConversationSummary[];
	/** Null at the end. */
	readonly next: ListPlace | null;
}

/** Runs one part of a read that may be long when it is the reader's turn. */
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

/** Where a device goes on from: behind what it has proved to have got, or where it began. */
export interface DeviceCursor {
	/** 0 before the first entry. */
	readonly seq: number;
	readonly updatedAt: number;
}

export interface Delivery {
	readonly userId: string;
	readonly name: string | null;
	readonly deviceId: string;
	/** The newest entry that it has proved to have got; 0 where it has proved nothing. */
	readonly seq: number;
	readonly updatedAt: number;
	/** The entry at `seq`; null where that is 0. */
	readonly messageId: string | null;
}

/** The log cannot take writes now (a full disk); nothing of the batch was stored, and it may be tried again. */
export class LogUnavailable extends Error {
	override readonly name = "LogUnavailable";
}

export interface MessageLog {
	/**
	 * Applies a batch in one durable commit, in the order given; outcome `i` is that of write `i`. Resolves only after
	 * the batch is on disk. `seq` is given in that order, from 1, without gaps. A refused write changes nothing, and
	 * one that fails by itself fails alone: its outcome is an Error, a {@link LogUnavailable} if it may be tried again.
	 * At most one batch may be under way.
	 *
	 * A `message` or `remove` whose outcome is unknown may be repeated with its `messageId`: if it was stored, the repeat
	 * with the same fields changes nothing and gets the first result. A `messageId` of another entry is an Error.
	 * @throws {LogUnavailable} when nothing of the batch was stored and the caller may try again.
	 */
	append(batch: readonly Write[]): Promise<readonly (Outcome | Error)[]>;

	/**
	 * Writes at least so many bytes durably and takes them back, in its place among the batches.
	 * @throws {LogUnavailable} while the log takes no writes of that length
	 */
	probe(bytes: number): Promise<void>;

	/** Rejects, once, with the reason for which this log can never write again. The process must end then. */
	readonly failed: Promise<never>;

	/**
	 * A UUID that stays the same over restarts. A log that is restored from a backup has another one: what a reader knows
	 * of the log that was may not hold for it.
	 */
	readonly epoch: string;

	/** The newest `seq`; 0 where there is none. */
	head(conversationId: string): Promise<number>;
	admission(conversationId: string, userId: string): Promise<Admission>;
	/** The name last kept for a user; null where there is none. */
	nameOf(userId: string): Promise<string | null>;
	/** The `seq` of an entry of this conversation. */
	seqOf(conversationId: string, messageId: string): Promise<number | undefined>;
	/**
	 * Entries around a cursor, at most `limit` and about `maxBytes` of bodies, but at least one where there is one;
	 * undefined if `userId` is not a participant at the moment of reading.
	 */
	page(
		conversationId: string,
		userId: string,
		cursor: PageCursor,
		limit: number,
		maxBytes: number,
	): Promise<Page | undefined>;
	/** Entries from `fromSeq` to `toSeq`, both included, for the server's own use: nobody's membership is asked. */
	range(
		conversationId: string,
		fromSeq: number,
		toSeq: number,
	): Promise<readonly Entry[]>;
	conversation(conversationId: string): Promise<
		| (Conversation & {
				/** The first 1,000 to join. */
				readonly participants: readonly Participant[];
				readonly participantCount: number;
		  })
		| undefined
	>;
	/**
	 * A user's conversations, most recently active first, in the order of the log, whatever clocks said; bounded as a
	 * {@link page} is. Pages that go on from each other list each of them once, also those that became active meanwhile; of
	 * conversations that were made or joined meanwhile, some.
	 * @param after undefined for the first page.
	 * @param inTurn runs the parts in which a long list is read; each takes a few milliseconds.
	 * @returns undefined where too much has changed since the first page was begun, or `after` is not from this log.
	 */
	conversationsOf(
		userId: string,
		limit: number,
		maxBytes: number,
		after: ListPlace | undefined,
		inTurn: InTurn,
	): Promise<ListPage | undefined>;
	/** Users whom a user has blocked, by their ids. */
	blocksOf(userId: string): Promise<readonly Block[]>;
	/** Watermarks of present participants, furthest first. */
	watermarks(
		conversationId: string,
		limit: number,
	): Promise<readonly Watermark[]>;

	/** A device's cursor, unless it last moved more than {@link Limits.deviceCursorMs} before `now`. */
	deviceCursor(device: Device, now: number): Promise<DeviceCursor | undefined>;
	/** Cursors of present participants' devices that count at `now`, furthest first. */
	deliveries(
		conversationId: string,
		now: number,
		limit: number,
	): Promise<readonly Delivery[]>;

	close(): Promise<void>;
}
