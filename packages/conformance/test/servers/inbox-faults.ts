/** Small servers with one planted fault each in the connection for all conversations. */
import type { Fault } from "./fault.ts";
import { SmallInboxServer } from "./small-inbox.ts";
import type { Inbox } from "./small-list.ts";
import type { Conversation, Fields } from "./small-log.ts";
import type { Connection } from "./small-talk.ts";

const SLOW_MS = 300;

/** Selects the subprotocol if it is there, and also opens without it. */
class NeedsNoSubprotocol extends SmallInboxServer {
	override offersEnough(): boolean {
		return true;
	}
}

/** Reads one row too few for the first page, and announces the conversation of that row later. */
class LeavesARowOut extends SmallInboxServer {
	override firstRows(all: readonly Conversation[]): Conversation[] {
		return super.firstRows(all).slice(0, -1);
	}
	override greetInbox(inbox: Inbox): void {
		super.greetInbox(inbox);
		const last = [...inbox.shown.keys()].at(-1);
		if (last !== undefined) inbox.shown.delete(last);
	}
}

/** Puts whole messages into the list. */
class ListsLongMessages extends SmallInboxServer {
	override shortened(message: unknown): unknown {
		return message;
	}
}

/** Answers commands with the errors of a chat connection. */
class LeavesErrorsUnnamed extends SmallInboxServer {
	override named(connection: Connection, frame: Fields): Fields {
		return frame.type === "error" ? frame : super.named(connection, frame);
	}
}

/** Goes live when the subscription opens, and reads the log later. */
class LosesBetweenReplayAndLive extends SmallInboxServer {
	override storedMeanwhile(connection: Connection): void {
		connection.nextSeq = connection.conversation.head + 1;
	}
}

/** Checks the participation in the list that it sent, which it does not update. */
class LetsStrangersSubscribe extends SmallInboxServer {
	override enterFor(id: string, identity: Inbox["identity"]): Conversation {
		return this.conversations.get(id) ?? super.enterFor(id, identity);
	}
}

/** Counts the subscriptions with `>` instead of `>=`. */
class TakesOneTooMany extends SmallInboxServer {
	override mostSubscriptions(): number {
		return super.mostSubscriptions() + 1;
	}
}

/** Ends the presence of a subscription, and leaves it among those who receive entries. */
class KeepsSending extends SmallInboxServer {
	override leave(seat: Connection): void {
		super.leave(seat);
		this.hide(seat);
		this.connections.add(seat);
	}
}

/** Ends a subscription as it ends a chat connection. */
class ClosesTheSocket extends SmallInboxServer {
	override endSeat(seat: Connection, reason: string): void {
		super.endSeat(seat, reason);
		seat.ws.close(1008, reason);
	}
}

/** Sends `unsubscribed` and leaves the subscription in its conversation. */
class SendsAfterTheRemoval extends SmallInboxServer {
	override closed(connection: Connection, code: number, reason: string): void {
		if (reason !== "removed") super.closed(connection, code, reason);
	}
}

/** Leaves the acknowledgement to the copy, which a connection without a subscription does not get. */
class AcknowledgesOnlyRepeats extends SmallInboxServer {
	override getsCopies(): boolean {
		return true;
	}
}

/** Sends a row only when the conversation has a new entry. */
class MissesReads extends SmallInboxServer {
	override readStamp(): unknown {
		return undefined;
	}
}

/** Sends every change. */
class SendsEveryChange extends SmallInboxServer {
	override rowEveryMs(): number {
		return 0;
	}
}

/** Treats a new conversation as a change of the list. */
class AnnouncesNoAdditions extends SmallInboxServer {
	override announce({ ws, identity }: Inbox, row: Fields): void {
		const totals = this.totals(identity.userId);
		this.tell(ws, "inbox_changed", { conversations: [row], ...totals });
	}
}

/** Adds up all rows. */
class CountsTheArchived extends SmallInboxServer {
	override countsInTotals(conversation: Conversation, userId: string): boolean {
		const { muted_until } = this.changes.settings(conversation, userId);
		return muted_until === null || super.countsInTotals(conversation, userId);
	}
}

/** Shows the user of every subscription as online. */
class ShowsTheHidden extends SmallInboxServer {
	override hide(): void {}
}

/** Knows devices only from the query of a handshake. */
class ForgetsDevices extends SmallInboxServer {
	override deviceOf(): undefined {
		return undefined;
	}
}

/** Reads the list, and hears of changes only from the moment at which it sends the list. */
class MissesEarlyChanges extends SmallInboxServer {
	readonly #greeted = new WeakSet<Inbox>();

	override greetInbox(inbox: Inbox): void {
		const first = this.snapshot(inbox);
		setTimeout(() => {
			inbox.shown.clear();
			this.snapshot(inbox);
			this.#greeted.add(inbox);
			this.tell(inbox.ws, "inbox", first);
		}, SLOW_MS);
	}
	override look(inbox: Inbox): void {
		if (this.#greeted.has(inbox)) super.look(inbox);
	}
}

/** Handles the frames of a connection one after the other, and a subscription with its whole replay. */
class ReplaysBeforeItListens extends SmallInboxServer {
	readonly #busy = new WeakMap<Inbox["ws"], Promise<void>>();

	override hear(inbox: Inbox, text: string): void {
		const before = this.#busy.get(inbox.ws);
		if (before) void before.then(() => super.hear(inbox, text));
		else super.hear(inbox, text);
	}
	override replay(connection: Connection): Promise<void> {
		const replayed = super.replay(connection);
		this.#busy.set(connection.ws, replayed);
		void replayed.then(() => this.#busy.delete(connection.ws));
		return replayed;
	}
}

export const INBOX_FAULTS: readonly Fault[] = [
	{
		name: "inbox without the subprotocol",
		rules: ["IN-1"],
		Server: NeedsNoSubprotocol,
	},
	{
		name: "inbox frame without a row",
		rules: ["IN-2"],
		Server: LeavesARowOut,
	},
	{
		name: "long messages in the list",
		rules: ["IN-3"],
		Server: ListsLongMessages,
	},
	{
		name: "errors without conversation_id",
		rules: ["IN-4"],
		Server: LeavesErrorsUnnamed,
	},
	{
		name: "gap between the replay and live frames of a subscription",
		rules: ["IN-5"],
		Server: LosesBetweenReplayAndLive,
	},
	{
		name: "subscription of a user who is not a participant",
		rules: ["IN-6"],
		Server: LetsStrangersSubscribe,
	},
	{
		name: "subscription 201 accepted",
		rules: ["IN-7"],
		Server: TakesOneTooMany,
	},
	{
		name: "unsubscribe keeps sending",
		// A later subscription gets each entry twice.
		rules: ["IN-5", "IN-8"],
		Server: KeepsSending,
	},
	{
		name: "removal closes the socket",
		rules: ["IN-9"],
		Server: ClosesTheSocket,
	},
	{
		name: "entries after participant_removed",
		rules: ["IN-9"],
		Server: SendsAfterTheRemoval,
	},
	{
		name: "no ack without a subscription",
		rules: ["IN-10"],
		Server: AcknowledgesOnlyRepeats,
	},
	{
		name: "no inbox_changed for reads",
		rules: ["IN-11"],
		Server: MissesReads,
	},
	{
		name: "inbox_changed for every message",
		rules: ["IN-11"],
		Server: SendsEveryChange,
	},
	{
		name: "no conversation_added",
		rules: ["IN-12"],
		Server: AnnouncesNoAdditions,
	},
	{
		name: "totals with archived conversations",
		rules: ["IN-13"],
		Server: CountsTheArchived,
	},
	{
		name: "presence: false shows the user",
		rules: ["IN-14"],
		Server: ShowsTheHidden,
	},
	{
		name: "subscriptions without their device",
		rules: ["IN-15"],
		Server: ForgetsDevices,
	},
	{
		name: "changes lost after the first frame",
		rules: ["IN-16"],
		Server: MissesEarlyChanges,
	},
	{
		name: "long replay holds up the connection",
		rules: ["IN-17"],
		Server: ReplaysBeforeItListens,
	},
];
