/** Small servers with one planted fault each in amendments. */
import { amending, type Fault } from "./fault.ts";
import { SmallAmendments } from "./small-amendments.ts";
import type { Conversation, Entry, Fields, Mark } from "./small-log.ts";

/** Trusts that clients offer `edit` only for the user's own messages. */
class LetsOthersEdit extends SmallAmendments {
	override mayEdit(): boolean {
		return true;
	}
}

/** Allows every participant what the author may do. */
class LetsMembersDelete extends SmallAmendments {
	override mayDelete(): boolean {
		return true;
	}
}

/** Marks the message as deleted and relies on clients to hide its content. */
class KeepsContent extends SmallAmendments {
	override empty(target: Entry): void {
		Object.assign(target, { deleted: true });
	}
}

/** Deletes the message and not the rows that refer to it. */
class KeepsReactions extends SmallAmendments {
	override unsets({ reaction }: Mark): boolean {
		return reaction === undefined;
	}
}

/** Keeps the list of pins apart from the messages. */
class KeepsPins extends SmallAmendments {
	override unsets({ reaction }: Mark): boolean {
		return reaction !== undefined;
	}
}

/** Updates a deleted message like any other. */
class RevivesDeletedMessages extends SmallAmendments {
	override isTooLate(): boolean {
		return false;
	}
	override edit(target: Entry, entry: Entry, frame: Fields): void {
		super.edit(target, entry, frame);
		delete (target as Fields).deleted;
	}
}

/** Compares versions the wrong way round, so the first edit stays. */
class LetsOlderVersionsWin extends SmallAmendments {
	override edit(target: Entry, entry: Entry, frame: Fields): void {
		if (target.version === undefined) super.edit(target, entry, frame);
	}
}

/** Does not know `if_version`, which looks like an unknown field. */
class IgnoresVersions extends SmallAmendments {
	override isStale(): boolean {
		return false;
	}
}

/** Numbers the versions of a message by its own `seq`. */
class StartsAtTheOwnSeq extends SmallAmendments {
	override isStale(target: Entry, frame: Fields): boolean {
		const { version = target.seq } = target;
		return super.isStale({ ...target, version }, frame);
	}
}

/** Appends every reaction to a list. */
class StoresReactionsTwice extends SmallAmendments {
	#next = 0;
	override unchanged(
		conversation: Conversation,
		userId: string,
		frame: Fields,
	): Entry | undefined {
		return frame.type === "reaction" && frame.on === true
			? undefined
			: super.unchanged(conversation, userId, frame);
	}
	override mark(conversation: Conversation, entry: Entry): void {
		const { marks } = conversation;
		const before = marks.get(this.markKey(entry.sender_id, entry));
		if (before?.on && entry.on) marks.set(`${this.#next++}`, before);
		super.mark(conversation, entry);
	}
}

/** Stores every pin and reaction, and computes the right state from them. */
class StoresNoOps extends SmallAmendments {
	override unchanged(): undefined {
		return undefined;
	}
}

/** Answers a command that changes nothing with the place of the message. */
class AcknowledgesTheMessage extends SmallAmendments {
	override unchanged(
		conversation: Conversation,
		userId: string,
		frame: Fields,
	): Entry | undefined {
		const entry = super.unchanged(conversation, userId, frame);
		return entry && conversation.message(frame.target_id);
	}
}

/** Has one switch for each reaction, which all users share. */
class SharesReactions extends SmallAmendments {
	override markKey(_userId: string, frame: Fields): string {
		return super.markKey("", frame);
	}
}

/** Has no limit of pins. */
class PinsEverything extends SmallAmendments {
	override maxPins(): number {
		return 1000;
	}
}

/** Looks a message up by its id alone, which is unique anyway. */
class AmendsAnyEntry extends SmallAmendments {
	override target(
		conversation: Conversation,
		frame: Fields,
	): Entry | undefined {
		return conversation.find(frame.target_id);
	}
}

/** Relays references without looking at them. */
class RelaysAnyReference extends SmallAmendments {
	override badReference(): boolean {
		return false;
	}
}

/** Lets every participant call for everyone. */
class LetsMembersMentionAll extends SmallAmendments {
	override mayMentionAll(): boolean {
		return true;
	}
}

/** Checks the role only when a user connects. */
class LetsReadersSend extends SmallAmendments {
	override onlyReads(): boolean {
		return false;
	}
}

/** Hides the input field of a closed conversation and checks nothing. */
class TakesMessagesWhenClosed extends SmallAmendments {
	override isReadOnly(
		_conversation: Conversation,
		role: Parameters<SmallAmendments["isReadOnly"]>[1],
	): boolean {
		return this.onlyReads(role);
	}
}

/** Makes a closed conversation read-only without an exception. */
class KeepsWhatIsClosed extends SmallAmendments {
	override isReadOnly(
		{ closed }: Conversation,
		role: Parameters<SmallAmendments["isReadOnly"]>[1],
	): boolean {
		return closed || this.onlyReads(role);
	}
}

export const AMENDMENT_FAULTS: readonly Fault[] = [
	{
		name: "an edit by another user accepted",
		rules: ["AM-3"],
		Server: amending(LetsOthersEdit),
	},
	{
		name: "a deletion by any member accepted",
		rules: ["AM-6"],
		Server: amending(LetsMembersDelete),
	},
	{
		name: "content left after delete",
		// Replays and pages show it too.
		rules: ["AM-5", "RE-8", "RE-9"],
		Server: amending(KeepsContent),
	},
	{
		name: "reactions left after delete",
		rules: ["AM-5"],
		Server: amending(KeepsReactions),
	},
	{
		name: "the pin of a deleted message left",
		rules: ["AM-8"],
		Server: amending(KeepsPins),
	},
	{
		name: "an edit of a deleted message revives it",
		rules: ["AM-2", "AM-11", "RS-27"],
		Server: amending(RevivesDeletedMessages),
	},
	{
		name: "older version wins",
		rules: ["AM-3", "RE-8"],
		Server: amending(LetsOlderVersionsWin),
	},
	{
		name: "stale if_version accepted",
		rules: ["AM-4", "AM-11", "RS-27"],
		Server: amending(IgnoresVersions),
	},
	{
		name: "version of a message without edits is its seq",
		// Edits of a version at the same time are all refused.
		rules: ["AM-4", "AM-11"],
		Server: amending(StartsAtTheOwnSeq),
	},
	{
		name: "reaction stored twice",
		rules: ["AM-7", "AM-9"],
		Server: amending(StoresReactionsTwice),
	},
	{
		name: "no-op stored",
		rules: ["AM-9", "RS-26"],
		Server: amending(StoresNoOps),
	},
	{
		name: "ack of a no-op names the message",
		rules: ["AM-9", "RS-26"],
		Server: amending(AcknowledgesTheMessage),
	},
	{
		name: "users share a reaction",
		rules: ["AM-7", "RS-22"],
		Server: amending(SharesReactions),
	},
	{
		name: "unlimited number of pins",
		rules: ["AM-10"],
		Server: amending(PinsEverything),
	},
	{
		name: "amendment of an amendment accepted",
		rules: ["AM-2"],
		Server: amending(AmendsAnyEntry),
	},
	{
		name: "reply to an unknown message accepted",
		rules: ["CH-11"],
		Server: amending(RelaysAnyReference),
	},
	{
		name: "mention of all by a member accepted",
		rules: ["CH-12", "RS-27"],
		Server: amending(LetsMembersMentionAll),
	},
	{
		name: "reader may send",
		rules: ["AM-13", "CV-6"],
		Server: amending(LetsReadersSend),
	},
	{
		name: "closed conversation accepts a message",
		rules: ["AM-13", "CV-3", "RS-27"],
		Server: amending(TakesMessagesWhenClosed),
	},
	{
		name: "closed conversation refuses a deletion",
		rules: ["AM-13", "CV-3"],
		Server: amending(KeepsWhatIsClosed),
	},
];
