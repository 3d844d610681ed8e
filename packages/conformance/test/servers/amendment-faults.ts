/** Small servers with one planted fault each in amendments, replays and folds. */
import type { Fault } from "./fault.ts";
import { SmallAmendments } from "./small-amendments.ts";
import { SmallFolds } from "./small-folds.ts";
import type { Conversation, Entry, Fields, Mark } from "./small-log.ts";
import { SmallServer } from "./small-server.ts";

type Server = Fault["Server"];

/** Creates a server with other rules for amendments. */
function amending(Rules: new () => SmallAmendments): Server {
	return class extends SmallServer {
		override readonly amendments = new Rules();
	};
}

/** Creates a server with other folds and counts. */
function folding(Folds: new () => SmallFolds): Server {
	return class extends SmallServer {
		override readonly folds = new Folds();
	};
}

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

/** Replays the entries as it broadcast them. */
class ReplaysOldContent extends SmallServer {
	readonly #sent = new Map<string, string>();
	override append(conversation: Conversation, entry: Entry): void {
		const frame = this.amendments.shown(conversation, entry);
		this.#sent.set(entry.message_id, JSON.stringify(frame));
		super.append(conversation, entry);
	}
	override send(connection: Parameters<SmallServer["send"]>[0], frame: Fields) {
		const sent = this.#sent.get(String(frame.message_id));
		const { type, deleted } = frame;
		super.send(
			connection,
			sent && ["chat", "edit"].includes(String(type)) && deleted !== true
				? (JSON.parse(sent) as Fields)
				: frame,
		);
	}
}

/** Sends deleted messages to all clients alike. */
class ShowsDeletedToPlainClients extends SmallAmendments {
	override isForPlainClients(): boolean {
		return true;
	}
}

/** Looks a cursor up among the messages. */
class ResumesOnlyAfterMessages extends SmallServer {
	override seqOf(
		conversation: Conversation,
		after: string,
	): number | undefined {
		return conversation.message(after)?.seq;
	}
}

/** Compares a repeat with the message as it is now. */
class ForgetsWhatWasSent extends SmallServer {
	override isSame(known: Fields, command: Fields): boolean {
		return super.isSame(known, command) && !this.#amended.has(known);
	}
	override store(
		...given: Parameters<SmallServer["store"]>
	): ReturnType<SmallServer["store"]> {
		const stored = super.store(...given);
		const [conversation] = given;
		for (const { command, entry } of conversation.known.values())
			if (entry.version !== undefined) this.#amended.add(command);
		return stored;
	}
	readonly #amended = new Set<Fields>();
}

/** Sorts lists by the newest entry of any type. */
class MovesUpOnAmendments extends SmallServer {
	override movesUp(): boolean {
		return true;
	}
}

/** Shows amendments as lines of the timeline. */
class ListsAmendments extends SmallFolds {
	override isInTimeline(): boolean {
		return true;
	}
}

/** Counts the rows of a thread. */
class CountsDeletedReplies extends SmallFolds {
	override countsInThread(): boolean {
		return true;
	}
}

/** Lists pins in the order in which users set them. */
class ListsPinsByPin extends SmallFolds {
	override pins(conversation: Conversation): Entry[] {
		const order = [...conversation.marks.values()].map((it) => it.targetId);
		return super
			.pins(conversation)
			.toSorted(
				(one, other) =>
					order.indexOf(one.message_id) - order.indexOf(other.message_id),
			);
	}
}

/** Returns any entry by its id. */
class ReturnsAnyEntry extends SmallFolds {
	override one(conversation: Conversation, id: string): Entry | undefined {
		return conversation.find(id);
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
	{
		name: "replay shows the content as it was sent",
		rules: ["RE-8"],
		Server: ReplaysOldContent,
	},
	{
		name: "deleted message replayed to a plain client",
		rules: ["RE-9"],
		Server: amending(ShowsDeletedToPlainClients),
	},
	{
		name: "cursor that names an amendment is unknown",
		rules: ["RE-10"],
		Server: ResumesOnlyAfterMessages,
	},
	{
		name: "repeat of a changed message is a conflict",
		rules: ["AM-12"],
		Server: ForgetsWhatWasSent,
	},
	{
		name: "amendments move their conversation up",
		// So do additions and changes of the conversation.
		rules: ["AM-14", "CV-7"],
		Server: MovesUpOnAmendments,
	},
	{
		name: "amendments in the timeline",
		rules: ["RS-22"],
		Server: folding(ListsAmendments),
	},
	{
		name: "deleted reply counted",
		rules: ["RS-23"],
		Server: folding(CountsDeletedReplies),
	},
	{
		name: "pins in the order of pinning",
		rules: ["RS-24"],
		Server: folding(ListsPinsByPin),
	},
	{
		name: "an amendment returned as a message",
		rules: ["RS-25"],
		Server: folding(ReturnsAnyEntry),
	},
];
