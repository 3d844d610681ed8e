/** Small servers with one planted fault each in sending, storing and history. */
import { type Fault, Seed } from "./fault.ts";
import type { Member } from "./seed-server.ts";
import { type Identity, Refused } from "./small-door.ts";
import type { Conversation, Entry, Fields, Known } from "./small-log.ts";
import { SmallServer } from "./small-server.ts";
import type { Connection } from "./small-talk.ts";

/** Broadcasts typing to the sender too, with one function for all frames. */
class EchoesTyping extends SmallServer {
	override hearsTyping(): boolean {
		return true;
	}
}

/** Lets the client's `message_id` override its own: `{ id: newId(), ...frame }`, in this order. */
class TrustsMessageId extends SmallServer {
	override messageId(frame: Fields): string {
		return typeof frame.message_id === "string"
			? frame.message_id
			: super.messageId(frame);
	}
}

/** Relays unknown types: a switch over the known types without a default. */
class RelaysAnyType extends SmallServer {
	override refuse(connection: Connection, code: string, frame?: Fields): void {
		if (code === "unknown_type" && frame?.type !== undefined)
			this.toOthers(
				connection.conversation,
				{ timestamp: new Date().toISOString(), ...frame },
				connection,
			);
		super.refuse(connection, code, frame);
	}
}

/** Drops empty metadata, as `omitempty` does. */
class DropsEmptyMetadata extends SmallServer {
	override metadataOf(frame: Fields): Fields {
		const { metadata = {} } = frame;
		return Object.keys(metadata as object).length === 0 ? {} : { metadata };
	}
}

/** Counts in a different store than the messages, so a failure after the count leaves a gap. */
class LeavesGaps extends SmallServer {
	override nextSeq(conversation: Conversation): number {
		const next = super.nextSeq(conversation);
		return next % 4 === 0 ? next + 1 : next;
	}
}

/** Compares with `>=` instead of `>`, so the cursor's own entry is sent again. */
class RepeatsTheCursor extends SmallServer {
	override seqOf(
		conversation: Conversation,
		after: string,
	): number | undefined {
		const seq = super.seqOf(conversation, after);
		return seq === undefined ? undefined : seq - 1;
	}
}

/** Treats every cursor as an id, also the keyword for the head. */
class KnowsNoHead extends SmallServer {
	override isHead(): boolean {
		return false;
	}
}

/** Reads a page and then subscribes, so entries stored in between are lost. */
class LosesAtTheHandOver extends SmallServer {
	override storedMeanwhile(connection: Connection): void {
		connection.nextSeq++;
	}
}

/** Subscribes and then reads a page, and sends both, so entries arrive twice. */
class RepeatsAtTheHandOver extends SmallServer {
	override storedMeanwhile(connection: Connection): void {
		connection.nextSeq--;
	}
}

/** Keeps client ids in a cache of the latest few, so older repeats are stored again. */
class ForgetsClientIds extends SmallServer {
	override known(
		conversation: Conversation,
		senderId: string,
		id: string,
	): Known | undefined {
		const known = super.known(conversation, senderId, id);
		return known && conversation.head - known.entry.seq < 5 ? known : undefined;
	}
}

/** Organises rooms by user, so a message reaches all rooms of its readers. */
class LeaksToOtherRooms extends SmallServer {
	override audience(conversation: Conversation): Connection[] {
		return [...this.connections].filter(
			(c) =>
				c.conversation === conversation ||
				conversation.participants.has(c.identity.userId),
		);
	}
	override deliver(connection: Connection, entry: Entry): void {
		if (entry.conversation_id === connection.conversation.id)
			super.deliver(connection, entry);
		else if (entry.type === "chat") this.send(connection, entry);
	}
}

/** Stores the latest receipt, even if it is older than the watermark. */
class MovesWatermarksBack extends SmallServer {
	override movesWatermark(before: number, seq: number): boolean {
		return before !== seq;
	}
}

/** Relays receipts without checking the message that they name. */
class RelaysAnyRead extends SmallServer {
	override read(connection: Connection, messageId: string): void {
		super.read(connection, messageId);
		const { conversation, identity } = connection;
		if (!this.readable(conversation, messageId))
			this.toOthers(
				conversation,
				{
					...this.about("read", conversation, identity),
					message_id: messageId,
				},
				connection,
			);
	}
}

/** Returns `ORDER BY seq DESC LIMIT n` without reversing it. */
class ShowsHistoryBackwards extends SmallServer {
	override pageOrder(messages: Entry[]): Entry[] {
		return messages.toReversed();
	}
}

/** Recognises a repeat by its id alone. */
class TakesAnyRepeat extends SmallServer {
	override isSame(): boolean {
		return true;
	}
}

/** Stores typing frames with the messages. */
class StoresTyping extends SmallServer {
	override typing(connection: Connection): void {
		super.typing(connection);
		const { conversation, identity } = connection;
		this.#typed.push([conversation, identity]);
	}
	override async replay(connection: Connection): Promise<void> {
		for (const [conversation, identity] of this.#typed)
			if (conversation === connection.conversation && connection.nextSeq > 1)
				this.send(connection, this.about("typing", conversation, identity));
		await super.replay(connection);
	}
	readonly #typed: [Conversation, Identity][] = [];
}

/** Sends typing frames during the replay, because they have no place in the order. */
class TypesIntoTheReplay extends SmallServer {
	override withholdsTyping(): boolean {
		return false;
	}
}

/** Has chat but no REST API. */
class HasNoRest extends SmallServer {
	override rest(): Promise<never> {
		return Promise.reject(new Refused(404, "not found"));
	}
}

/** Sends no copy to the sender. */
class KeepsItFromItsSender extends Seed {
	override chat(member: Member, sent: Fields): void {
		this.tell(member, this.chatFrame(sent), member);
	}
}

/** Takes the sender from the token but does not add it to the relayed frame. */
class NamesNoSender extends Seed {
	override chatFrame(sent: Fields): Fields {
		return { ...super.chatFrame(sent), sender_id: undefined };
	}
}

/** Validates a frame only after relaying it. */
class RelaysThenCloses extends Seed {
	override receive(member: Member, frame: Fields): void {
		if (!["chat", "typing", "read"].includes(String(frame.type)))
			this.tell(member, frame, member);
		super.receive(member, frame);
	}
	override unknownType({ ws }: Member): void {
		ws.close(1008, "unknown type");
	}
}

export const MESSAGE_FAULTS: readonly Fault[] = [
	{ name: "typing echoed", rules: ["TY-2"], Server: EchoesTyping },
	{
		name: "the client's message_id trusted",
		rules: ["CH-4"],
		Server: TrustsMessageId,
	},
	{ name: "any type relayed", rules: ["FR-3"], Server: RelaysAnyType },
	{
		name: "empty metadata dropped",
		rules: ["CH-3"],
		Server: DropsEmptyMetadata,
	},
	{ name: "seq gap", rules: ["OR-1"], Server: LeavesGaps },
	{
		name: "message repeated on resume",
		rules: ["RE-1"],
		Server: RepeatsTheCursor,
	},
	{
		name: "the keyword head treated as an id",
		// A device without a cursor resumes from its last place.
		rules: ["RE-7", "DC-8"],
		Server: KnowsNoHead,
	},
	{
		name: "hand-over from history to live loses one",
		rules: ["RE-3"],
		Server: LosesAtTheHandOver,
	},
	{
		name: "hand-over from history to live repeats one",
		rules: ["RE-3"],
		Server: RepeatsAtTheHandOver,
	},
	{
		name: "two messages for one client_message_id",
		rules: ["OR-4"],
		Server: ForgetsClientIds,
	},
	{
		name: "message leaks to another conversation",
		rules: ["CH-6"],
		Server: LeaksToOtherRooms,
	},
	{
		name: "watermark goes back",
		rules: ["RD-4"],
		Server: MovesWatermarksBack,
	},
	{ name: "any read relayed", rules: ["RD-3"], Server: RelaysAnyRead },
	{
		name: "history backwards",
		rules: ["RS-10"],
		Server: ShowsHistoryBackwards,
	},
	{
		name: "different content accepted as a repeat",
		// REST gives the same answer for the same command.
		rules: ["AM-12", "OR-6", "RS-12", "RS-27"],
		Server: TakesAnyRepeat,
	},
	{
		name: "typing during a replay",
		rules: ["RE-6"],
		Server: TypesIntoTheReplay,
	},
	{
		name: "no REST API",
		rules: ["RS-4"],
		Server: HasNoRest,
		// Without REST, no other policy can add participants.
		options: { policy: "open" },
	},
	{
		name: "no copy to the sender",
		rules: ["CH-1"],
		Server: KeepsItFromItsSender,
	},
	{ name: "no sender_id", rules: ["CH-1"], Server: NamesNoSender },
	{
		name: "unknown type relayed before its sender is disconnected",
		rules: ["FR-3"],
		Server: RelaysThenCloses,
	},
	{ name: "typing stored", rules: ["TY-3"], Server: StoresTyping },
];
