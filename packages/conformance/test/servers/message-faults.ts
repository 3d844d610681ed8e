/** Small servers with one planted fault each, in what is sent, stored and shown. */
import { type Fault, Seed } from "./fault.ts";
import type { Member } from "./seed-server.ts";
import { type Identity, Refused } from "./small-door.ts";
import type { Conversation, Entry, Fields } from "./small-log.ts";
import { type Connection, SmallServer } from "./small-server.ts";

/** One broadcast function for everything. */
class EchoesTyping extends SmallServer {
	override hearsTyping(): boolean {
		return true;
	}
}

/** `{ id: newId(), ...frame }`, in this order. */
class TrustsMessageId extends SmallServer {
	override messageId(frame: Fields): string {
		return typeof frame.message_id === "string"
			? frame.message_id
			: super.messageId(frame);
	}
}

/** A relay with a switch for the types it knows, and no default. */
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

/** `omitempty`. */
class DropsEmptyMetadata extends SmallServer {
	override metadataOf(frame: Fields): Fields {
		const { metadata = {} } = frame;
		return Object.keys(metadata as object).length === 0 ? {} : { metadata };
	}
}

/** A counter in another store than the messages: what fails after counting leaves a hole. */
class LeavesGaps extends SmallServer {
	override nextSeq(conversation: Conversation): number {
		const next = super.nextSeq(conversation);
		return next % 4 === 0 ? next + 1 : next;
	}
}

/** `>=` for `>`. */
class RepeatsTheCursor extends SmallServer {
	override seqOf(
		conversation: Conversation,
		after: string,
	): number | undefined {
		const seq = super.seqOf(conversation, after);
		return seq === undefined ? undefined : seq - 1;
	}
}

/** A cursor is an id. */
class KnowsNoHead extends SmallServer {
	override isHead(): boolean {
		return false;
	}
}

/** Reads its page, subscribes, and takes what comes from then on. */
class LosesAtTheHandOver extends SmallServer {
	override storedMeanwhile(connection: Connection): void {
		connection.nextSeq++;
	}
}

/** Subscribes, reads its page, and sends both. */
class RepeatsAtTheHandOver extends SmallServer {
	override storedMeanwhile(connection: Connection): void {
		connection.nextSeq--;
	}
}

/** Ids of repeats are kept in a cache of the latest few. */
class ForgetsClientIds extends SmallServer {
	override known(
		conversation: Conversation,
		senderId: string,
		id: string,
	): Entry | undefined {
		const entry = super.known(conversation, senderId, id);
		return entry && conversation.head - entry.seq < 5 ? entry : undefined;
	}
}

/** Rooms by user, so that a message goes wherever its readers are. */
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

/** The last receipt wins. */
class MovesWatermarksBack extends SmallServer {
	override movesWatermark(before: number, seq: number): boolean {
		return before !== seq;
	}
}

/** Receipts are relayed without a look at what they name. */
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

/** `ORDER BY seq DESC LIMIT n`, sent as it comes. */
class ShowsHistoryBackwards extends SmallServer {
	override pageOrder(messages: Entry[]): Entry[] {
		return messages.toReversed();
	}
}

/** The id alone says that it is a repeat. */
class TakesAnyRepeat extends SmallServer {
	override isSame(): boolean {
		return true;
	}
}

/** Unread markers are kept with the messages. */
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

/** What is not stored has no place in an order. */
class TypesIntoTheReplay extends SmallServer {
	override withholdsTyping(): boolean {
		return false;
	}
}

/** Chat first, the REST API in the next release. */
class HasNoRest extends SmallServer {
	override rest(): Promise<never> {
		return Promise.reject(new Refused(404, "not found"));
	}
}

/** Who wrote it has it on the screen already. */
class KeepsItFromItsSender extends Seed {
	override chat(member: Member, sent: Fields): void {
		this.tell(member, this.chatFrame(sent), member);
	}
}

/** The sender is in the token, not in the frame that is passed on. */
class NamesNoSender extends Seed {
	override chatFrame(sent: Fields): Fields {
		return { ...super.chatFrame(sent), sender_id: undefined };
	}
}

/** A relay that thinks about a frame when it has passed it on. */
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
		name: "the word head taken for an id",
		// A device that gives no cursor goes on from where it was.
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
		name: "other content taken for a repeat",
		// REST says the same of the same command.
		rules: ["OR-6", "RS-12"],
		Server: TakesAnyRepeat,
	},
	{
		name: "typing in between a replay",
		rules: ["RE-6"],
		Server: TypesIntoTheReplay,
	},
	{
		name: "no REST API",
		rules: ["RS-4"],
		Server: HasNoRest,
		// Nobody can be made a participant otherwise.
		options: { policy: "open" },
	},
	{
		name: "no copy to the sender",
		rules: ["CH-1"],
		Server: KeepsItFromItsSender,
	},
	{ name: "no sender_id", rules: ["CH-1"], Server: NamesNoSender },
	{
		name: "any type relayed before its sender is put out",
		rules: ["FR-3"],
		Server: RelaysThenCloses,
	},
	{ name: "typing stored", rules: ["TY-3"], Server: StoresTyping },
];
