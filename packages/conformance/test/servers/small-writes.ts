/** Writes of a small server: commands and entries. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { picked, SmallAmendments } from "./small-amendments.ts";
import { SmallChanges } from "./small-changes.ts";
import { type Identity, SmallDoor } from "./small-door.ts";
import { SmallFolds } from "./small-folds.ts";
import { commandFields } from "./small-frames.ts";
import {
	type Conversation,
	type Entry,
	type Fields,
	type Known,
	uuidV7,
} from "./small-log.ts";

/** Result of a command. @property repeated whether it made no entry */
export type Stored =
	| { readonly refused: string }
	| { readonly entry: Entry; readonly repeated: boolean };

export abstract class SmallWrites extends SmallDoor {
	/** Epoch of the log, which ends with the process. */
	readonly epoch = randomUUID();
	readonly amendments: SmallAmendments = new SmallAmendments();
	readonly folds: SmallFolds = new SmallFolds();
	readonly changes: SmallChanges = new SmallChanges();

	/** Sends a new entry to the connections of its conversation. */
	abstract broadcast(conversation: Conversation, entry: Entry): void;

	/** Stores a command unless it was stored before or changes nothing, and sends it to all participants. */
	store(conversation: Conversation, identity: Identity, frame: Fields): Stored {
		const { userId } = identity;
		const command = this.commandOf(frame);
		const named = this.idOf(frame);
		const id = named.client_message_id;
		const known = id && this.known(conversation, userId, id);
		if (known)
			return this.isSame(known.command, command)
				? { entry: known.entry, repeated: true }
				: { refused: "client_message_id_conflict" };
		const refused = this.amendments.refusal(conversation, identity, command);
		if (refused) return { refused };
		const unchanged = this.amendments.unchanged(conversation, userId, command);
		const entry = unchanged ?? this.#write(conversation, userId, frame, named);
		if (id) conversation.known.set(`${userId} ${id}`, { command, entry });
		return { entry, repeated: unchanged !== undefined };
	}

	#write(
		conversation: Conversation,
		userId: string,
		frame: Fields,
		named: Fields,
	): Entry {
		const { type, ...command } = this.commandOf(frame);
		const entry: Entry = {
			...this.entry(conversation, userId, String(type)),
			message_id: this.messageId(frame),
			...(type === "edit" ? picked(command, ["target_id"]) : command),
			...named,
		};
		this.amendments.apply(conversation, entry, command);
		if (type === "chat" && this.readsOwn())
			conversation.read.set(userId, entry);
		this.append(conversation, entry);
		return entry;
	}

	/** Creates an entry without its own fields. */
	entry(conversation: Conversation, senderId: string, type: string): Entry {
		return {
			type,
			conversation_id: conversation.id,
			sender_id: senderId,
			message_id: uuidV7(),
			timestamp: new Date().toISOString(),
			seq: this.nextSeq(conversation),
		};
	}

	/** Returns what a command says, with defaults filled in, so that equal commands compare equal. */
	commandOf(frame: Fields): Fields {
		const command = commandFields(frame);
		return command.type === "chat"
			? {
					is_encrypted: false,
					message_type: "text",
					...command,
					metadata: undefined,
					...this.metadataOf(frame),
				}
			: command;
	}

	idOf({ client_message_id }: Fields): { client_message_id?: string } {
		return client_message_id === undefined
			? {}
			: { client_message_id: this.clientMessageId(String(client_message_id)) };
	}

	/** Whether writing a message advances the writer's watermark. */
	readsOwn(): boolean {
		return true;
	}

	metadataOf(frame: Fields): Fields {
		return { metadata: frame.metadata ?? {} };
	}

	clientMessageId(given: string): string {
		return given.toLowerCase();
	}

	messageId(_frame: Fields): string {
		return uuidV7();
	}

	nextSeq(conversation: Conversation): number {
		return conversation.head + 1;
	}

	known(
		conversation: Conversation,
		senderId: string,
		id: string,
	): Known | undefined {
		return conversation.known.get(`${senderId} ${id}`);
	}

	isSame(known: Fields, command: Fields): boolean {
		return isDeepStrictEqual(known, command);
	}

	append(conversation: Conversation, entry: Entry): void {
		conversation.entries.push(entry);
		if (this.movesUp(entry)) conversation.updatedAt = performance.now();
		this.broadcast(conversation, entry);
	}

	/** Whether an entry moves its conversation up in lists. */
	movesUp({ type }: Entry): boolean {
		return type === "chat" || type === "participant_removed";
	}

	/** Stores an entry about the conversation, and sends it to all participants. */
	record(
		conversation: Conversation,
		by: string,
		type: string,
		fields: Fields,
	): void {
		this.append(conversation, {
			...this.entry(conversation, by, type),
			...fields,
		});
	}

	/** Informs all participants of users who were added. */
	addParticipants(conversation: Conversation, by: string, ids: string[]): void {
		if (ids.length > 0)
			this.record(conversation, by, "participant_added", { user_ids: ids });
	}

	/** Returns a page of the history in ascending order. */
	pageOrder(messages: Entry[]): Entry[] {
		return messages;
	}
}
