/** Small servers with one planted fault each in counts, changes of conversations and direct conversations. */
import type { Fault } from "./fault.ts";
import { SmallAmendments } from "./small-amendments.ts";
import { SmallChanges } from "./small-changes.ts";
import { SmallFolds } from "./small-folds.ts";
import type { Conversation, Entry, Fields } from "./small-log.ts";
import { SmallServer } from "./small-server.ts";

type Server = Fault["Server"];

/** Creates a server with other counts. */
function counting(Folds: new () => SmallFolds): Server {
	return class extends SmallServer {
		override readonly folds = new Folds();
	};
}

/** Creates a server with other rules for changes. */
function changing(Rules: new () => SmallChanges): Server {
	return class extends SmallServer {
		override readonly changes = new Rules();
	};
}

/** Compares with `>=` instead of `>`, so the read message counts. */
class CountsTheRead extends SmallFolds {
	override readUpTo(conversation: Conversation, userId: string): number {
		return Math.max(0, super.readUpTo(conversation, userId) - 1);
	}
}

/** Counts the rows after the watermark. */
class CountsTheDeleted extends SmallFolds {
	override isUnread(): boolean {
		return true;
	}
	override isMention({ deleted }: Entry): boolean {
		return deleted !== true;
	}
}

/** Counts from the newest reported read, which the user's own messages do not move. */
class CountsOwnMessages extends SmallFolds {
	override readUpTo(
		{ reported, joinedAfter }: Conversation,
		userId: string,
	): number {
		return Math.max(reported.get(userId) ?? 0, joinedAfter.get(userId) ?? 0);
	}
}

/** Counts in an index of mentions that a deletion leaves as it is. */
class CountsDeletedMentions extends SmallServer {
	override readonly amendments = new (class extends SmallAmendments {
		override empty(target: Entry): void {
			const { mentions } = target;
			super.empty(target);
			Object.assign(target, { mentions });
		}
	})();
	override readonly folds = new (class extends SmallFolds {
		override isMention(): boolean {
			return true;
		}
	})();
}

/** Adds the mentions of an edit to those of the message. */
class AddsMentions extends SmallServer {
	override readonly amendments = new (class extends SmallAmendments {
		override edit(target: Entry, entry: Entry, frame: Fields): void {
			const { mentions } = target;
			super.edit(target, entry, frame);
			if (mentions) Object.assign(target, { mentions });
		}
	})();
}

/** Starts a new participant at the beginning of the log. */
class LeavesHistoryUnread extends SmallFolds {
	override readUpTo({ read }: Conversation, userId: string): number {
		return read.get(userId)?.seq ?? 0;
	}
}

/** Does not count writing as reading. */
class DoesNotReadOwn extends SmallServer {
	override readsOwn(): boolean {
		return false;
	}
}

/** Announces a change whenever a request succeeds. */
class StoresNoChanges extends SmallChanges {
	override isNew(_before: unknown, after: unknown): boolean {
		return after !== undefined;
	}
}

/** Lets every participant change the conversation. */
class LetsMembersChange extends SmallChanges {
	override checkOwner(): void {}
}

/** Checks for a last owner only when a user leaves. */
class DemotesTheLastOwner extends SmallChanges {
	override areTooFew(): boolean {
		return false;
	}
}

/** Adds participants without telling the others. */
class AddsSilently extends SmallServer {
	override addParticipants(): void {}
}

/** Deletes the rows and leaves the connections. */
class KeepsConnectionsOfTheDeleted extends SmallServer {
	override dismiss(): void {}
}

/** Deletes the row with the id. */
class ReusesIds extends SmallServer {
	override isReserved(): boolean {
		return false;
	}
}

/** Stores the settings with the conversation. */
class SharesSettings extends SmallChanges {
	override settingsKey(): string {
		return "";
	}
}

/** Clears the mark where it moves the watermark. */
class KeepsTheMark extends SmallChanges {
	override reads(
		conversation: Conversation,
		userId: string,
		moves: boolean,
	): void {
		if (moves) super.reads(conversation, userId, moves);
	}
}

/** Looks for a direct conversation that the caller began. */
class MakesSecondConversations extends SmallChanges {
	override pairKey(...users: string[]): string {
		return users.join(" ");
	}
}

/** Treats a direct conversation as a group of two. */
class LetsUsersJoin extends SmallChanges {
	override checkGroup(): void {}
}

/** Applies blocks only to additions. */
class IgnoresBlocks extends SmallChanges {
	override isBlocked(): boolean {
		return false;
	}
}

/** Does not tell direct conversations from groups. */
class HidesTheKind extends SmallChanges {
	override kind(): Fields {
		return {};
	}
}

/** Makes the users of a direct conversation its owners. */
class MakesOwners extends SmallChanges {
	override directRole(): "owner" {
		return "owner";
	}
}

export const CONVERSATION_FAULTS: readonly Fault[] = [
	{
		name: "unread off by one",
		rules: ["UN-1", "UN-2"],
		Server: counting(CountsTheRead),
	},
	{
		name: "deleted message counted as unread",
		rules: ["UN-1", "UN-3"],
		Server: counting(CountsTheDeleted),
	},
	{
		name: "own message counted as unread",
		rules: ["UN-1"],
		Server: counting(CountsOwnMessages),
	},
	{
		name: "mention in a deleted message counted",
		rules: ["UN-3"],
		Server: CountsDeletedMentions,
	},
	{
		name: "an edit cannot take mentions back",
		rules: ["UN-3"],
		Server: AddsMentions,
	},
	{
		name: "history unread for a new participant",
		rules: ["UN-2"],
		Server: counting(LeavesHistoryUnread),
	},
	{
		name: "writing does not advance the watermark",
		// The writer's own messages count as unread.
		rules: ["RD-6", "UN-1"],
		Server: DoesNotReadOwn,
	},
	{
		name: "entry for a change without a new value",
		rules: ["CV-2"],
		Server: changing(StoresNoChanges),
	},
	{
		name: "members change the conversation and its roles",
		rules: ["CV-1", "CV-4", "CV-8", "DM-5", "RS-8"],
		Server: changing(LetsMembersChange),
	},
	{
		name: "last owner demoted",
		rules: ["CV-5"],
		Server: changing(DemotesTheLastOwner),
	},
	{
		name: "no entry for an addition",
		rules: ["CV-7", "RS-22"],
		Server: AddsSilently,
	},
	{
		name: "connections of a deleted conversation stay open",
		rules: ["CV-8"],
		Server: KeepsConnectionsOfTheDeleted,
	},
	{
		name: "id of a deleted conversation used again",
		rules: ["CV-9"],
		Server: ReusesIds,
	},
	{
		name: "users share their settings",
		rules: ["ME-1"],
		Server: changing(SharesSettings),
	},
	{
		name: "marked_unread left by a read that moves nothing",
		rules: ["ME-2"],
		Server: changing(KeepsTheMark),
	},
	{
		name: "second direct conversation of two users",
		rules: ["DM-1"],
		Server: changing(MakesSecondConversations),
	},
	{
		name: "users join and leave a direct conversation",
		rules: ["DM-2"],
		Server: changing(LetsUsersJoin),
	},
	{
		name: "direct conversation with a user who has blocked the caller",
		rules: ["DM-3"],
		Server: changing(IgnoresBlocks),
	},
	{
		name: "no kind of a conversation",
		rules: ["DM-4"],
		Server: changing(HidesTheKind),
	},
	{
		name: "users of a direct conversation are its owners",
		rules: ["DM-5"],
		Server: changing(MakesOwners),
	},
];
