/** Small servers with one planted fault each in replays, repeats, lists and the timeline. */
import { amending, type Fault, folding } from "./fault.ts";
import { SmallAmendments } from "./small-amendments.ts";
import { SmallFolds } from "./small-folds.ts";
import type { Conversation, Entry, Fields } from "./small-log.ts";
import { SmallServer } from "./small-server.ts";

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

export const REPLAY_FAULTS: readonly Fault[] = [
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
