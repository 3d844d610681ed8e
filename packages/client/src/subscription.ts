import type { ServerFrame, ServerFrameOf } from "@secureconnect/protocol";
import {
	type Channel,
	type ChannelHandlers,
	type Cursor,
	endOf,
	isEnd,
} from "./channel.ts";
import type { ConnectionState } from "./connection-state.ts";
import { Emitter } from "./emitter.ts";
import { ChatError } from "./errors.ts";
import type { ConversationEvents } from "./events.ts";
import {
	type EntryFrame,
	type FrameShapes,
	parseFrame,
	type Read,
	readFrame,
	withCreatedAt,
} from "./frames.ts";
import type { HttpClient } from "./http-client.ts";
import { Outbox } from "./outbox/outbox.ts";
import { memoryOutbox, type OutboxStore } from "./outbox/store.ts";
import type { SocketOptions } from "./own-socket.ts";
import { PresentUsers } from "./presence.ts";
import { ReadSender } from "./receipts.ts";
import type { SentMessage } from "./sent-message.ts";
import { Sequence } from "./sequence.ts";
import type { LogEntry } from "./timeline/entries.ts";
import { TypingSender, TypingUsers } from "./typing.ts";

export interface SubscriptionOptions extends SocketOptions {
	readonly http: HttpClient;
	readonly deviceId: string | undefined;
	readonly outbox: OutboxStore;
}

interface SubscriptionEvents extends ConversationEvents {
	/** The status of a command of this user changed. */
	command: SentMessage;
	/** An entry of the order, each once. Invalid ones and those of unknown types have only `seq`. */
	entry: LogEntry;
}

/**
 * With the original protocol document, a token is renewed by a reconnect, once no message is in flight or after
 * this time.
 */
const SETTLE_MS = 5000;
/** The close codes that blame a frame: unsupported data, invalid payload, message too big. */
const BLAMING_CLOSES: readonly number[] = [1003, 1007, 1009];

/** One user's conversation: its channel and the data that it transfers. All subscribers share it. */
export class Subscription implements ChannelHandlers {
	readonly conversationId: string;
	readonly events = new Emitter<SubscriptionEvents>();
	readonly presence = new PresentUsers(() =>
		this.events.emit("presence", this.presence.users),
	);
	readonly sequence = new Sequence();
	readonly typing = new TypingUsers(() =>
		this.events.emit("typing", this.typing.users),
	);
	/** For each user, the id of the message up to which that user has read. */
	readonly receipts = new Map<string, string>();
	/** Types that the subscribers handle; undefined for `ChatWebSocket`, which sends and receives no amendments. */
	declare shapes: FrameShapes | undefined;
	/** The frame that is being handled. */
	declare text: string | undefined;
	/** The `seq` of these messages, as far as known. Of an unknown one, it is that of an earlier watermark. */
	readonly readSeqs = new Map<string, number>();
	/** Id of the server's log, if the server sent it. */
	epoch: string | undefined;
	readonly outbox: Outbox;
	readonly channel: Channel;
	readonly reads: ReadSender;
	readonly typist: TypingSender;
	readonly end = endOf;
	readonly #options: SubscriptionOptions;
	#userId: string | undefined;
	#isClosed = false;
	/** Whether the server supports cursors and `client_message_id`. */
	#isDurable: boolean;
	/** Whether the channel opened and did not end since. */
	#isOpen = false;

	/** Creates a subscription. @param connect creates the channel */
	constructor(
		conversationId: string,
		options: SubscriptionOptions,
		connect: (handlers: ChannelHandlers) => Channel,
	) {
		this.conversationId = conversationId;
		this.#options = options;
		const { protocol, outbox } = options;
		this.#isDurable = protocol === "v1";
		this.channel = connect(this);
		this.outbox = new Outbox(
			// Such a server may have stored a message before a crash and would store it again, so messages are not
			// kept for it.
			this.#isDurable ? outbox : memoryOutbox(),
			this.#isDurable,
			{
				send: (frame) => this.channel.send(frame),
				changed: (message) =>
					this.events.emit(message.type ? "command" : "outbox", message),
				userId: () => this.#userId,
				storage: (problem) => this.events.emit("storage", problem),
				unanswered: (ms) => this.channel.suspect(ms),
			},
		);
		this.reads = new ReadSender((messageId) =>
			this.#isOpen ? this.channel.send({ type: "read", messageId }) : false,
		);
		this.typist = new TypingSender(
			() => void this.channel.send({ type: "typing" }),
		);
		this.#identify();
		this.channel.start();
	}

	/** Requests with the same tokens as the channel. */
	get http(): HttpClient {
		return this.#options.http;
	}

	/** The user's id, once known. */
	get userId(): string | undefined {
		return this.#userId;
	}

	get #isSeed(): boolean {
		return this.#options.protocol === "seed";
	}

	get isClosed(): boolean {
		return this.#isClosed;
	}

	close(): void {
		this.#isClosed = true;
		this.reads.flush();
		this.channel.close();
		this.outbox.close();
		this.typing.clear();
	}

	/** Selects the user's outbox, once the user's id is known. */
	#identify(userId = this.#options.tokens.userId): void {
		if (userId === undefined || this.#userId !== undefined) return;
		this.#userId = userId;
		void this.outbox.belongsTo(
			`${this.#options.endpoint.rest} ${userId} ${this.conversationId}`,
		);
	}

	changed(state: ConnectionState): void {
		this.#identify();
		const { error } = state as { readonly error?: ChatError };
		// Other errors may end with a new login on the same connection; these concern the conversation itself.
		this.outbox.refuse(isEnd(error?.code) ? error : undefined);
		this.events.emit("state", state);
	}

	opened(): void {
		if (this.#isSeed) this.#ready();
	}

	#ready(maxMessageBytes?: number, ownWatermark?: string): void {
		this.#isOpen = true;
		this.outbox.opened(maxMessageBytes);
		this.reads.opened(ownWatermark);
		this.events.emit("ready", undefined);
	}

	down(code: number): void {
		this.#isOpen = false;
		this.typing.clear();
		// If the message that caused such a close were sent again, it would end every new connection.
		const isCulprit = BLAMING_CLOSES.includes(code);
		this.outbox.down(
			isCulprit
				? new ChatError(
						"too_large",
						`the server closed the connection: ${code}`,
					)
				: undefined,
		);
	}

	/** Resolves when no message is in flight, or after a time. */
	settled(): Promise<void> {
		return Promise.race([
			this.outbox.settled(),
			new Promise<void>((resolve) => setTimeout(resolve, SETTLE_MS)),
		]);
	}

	query(): Cursor {
		return { conversation_id: this.conversationId, ...this.cursor() };
	}

	cursor(): Cursor {
		const { last, lastId } = this.sequence;
		const { deviceId } = this.#options;
		// With only its name, a device receives all missed messages, which the history already provides.
		return {
			...(deviceId && { device_id: deviceId }),
			...(lastId
				? { after: lastId }
				: last !== undefined
					? { after_seq: last }
					: deviceId && { after: "head" }),
		};
	}

	message(text: string | undefined): void {
		const read = readFrame(parseFrame(text), this.#isSeed, this.shapes);
		if ("frame" in read) this.channel.heard(read.frame);
		this.read(read, text);
	}

	read(read: Read, text: string | undefined): void {
		this.text = text;
		if ("frame" in read) {
			if (this.#frame(read.frame)) this.events.emit("frame", read.wire);
			return;
		}
		const { why } = read;
		if (why) this.events.emit("invalid", { why });
		// The entry still takes its place in the order: a second request would return the same invalid frame.
		this.#takes(read);
	}

	/** Handles a frame. Returns false if it is not for the application, or was received before. */
	#frame(frame: ServerFrame): boolean {
		switch (frame.type) {
			case "participant_removed": {
				if (!this.#takes(frame)) return false;
				const removal = withCreatedAt(frame);
				this.events.emit("removal", removal);
				this.events.emit("removed", removal);
				return true;
			}
			case "ack":
				this.channel.answered();
				this.outbox.arrived(frame);
				return false;
			case "error":
				this.#error(frame);
				return false;
			case "welcome":
				this.#welcome(frame);
				return false;
			case "auth_ok":
				return false;
			case "typing":
				if (frame.senderId !== this.#userId) this.typing.typing(frame.senderId);
				break;
			case "read":
				this.#watermark(frame.senderId, frame.messageId);
				this.events.emit("read", frame);
				break;
			case "user_joined":
				// The first frame is about this user. It is the only place where such a server reports the user's
				// id.
				this.#identify(frame.senderId);
				this.presence.joined(frame);
				break;
			case "user_left":
				this.typing.stopped(frame.senderId);
				this.presence.left(frame);
				break;
			default:
				return this.#entry(frame);
		}
		return true;
	}

	/** Handles an entry: a message, an amendment, or one that only a timeline reads. */
	#entry(frame: EntryFrame): boolean {
		const { seq, senderId } = frame as Omit<typeof frame, "seq"> & {
			// A server that implements only the original protocol document does not number messages.
			readonly seq?: number;
		};
		if (seq !== undefined && !this.#isDurable) {
			// A server that numbers messages also deduplicates.
			this.#isDurable = true;
			this.outbox.deduplicates();
		}
		// Before the check of the order, because a repeated message also answers.
		if (senderId.toLowerCase() === this.#userId) {
			this.channel.answered();
			this.outbox.arrived(frame);
		}
		// Without its content, a message is not for lists of messages.
		if (!this.#takes(frame) || frame.type !== "chat" || frame.deleted)
			return false;
		this.reads.saw(frame.messageId, seq);
		this.typing.stopped(senderId);
		this.events.emit("message", withCreatedAt(frame));
		return true;
	}

	/**
	 * Whether an entry is the next one or has no number. Requests entries that are missing before it.
	 */
	#takes(entry: LogEntry): boolean {
		const { seq, messageId } = entry;
		const place =
			seq === undefined ? undefined : this.sequence.accept(seq, messageId);
		switch (place?.kind) {
			case "repeat":
				return false;
			case "gap":
				this.channel.resync();
				return false;
			case "hole":
				this.events.emit("missing", { from: place.from, to: place.to });
		}
		this.events.emit("entry", entry);
		return true;
	}

	#error(frame: ServerFrameOf["error"]): void {
		// A v1 server names the start in its `welcome` frame.
		if (frame.code === "unknown_cursor" && this.#isSeed) this.sequence.forget();
		this.outbox.refused(frame);
		this.events.emit("error", frame);
	}

	#welcome(frame: ServerFrameOf["welcome"]): void {
		this.#identify(frame.userId.toLowerCase());
		const { headSeq: head, epoch = this.epoch } = frame;
		const { last } = this.sequence;
		const isOther = epoch !== (this.epoch ?? epoch);
		this.epoch = epoch;
		if (isOther || !frame.recovered) {
			this.sequence.beginAfter(head);
			if (last !== undefined) {
				// The log was restored, so data learned from it may be invalid. The outbox belongs to the user and
				// stays.
				this.receipts.clear();
				this.readSeqs.clear();
				this.reads.forget();
				this.events.emit("reset", { last, head });
			}
		}
		this.presence.welcome(frame);
		for (const { userId, messageId, seq } of frame.read)
			this.#watermark(userId, messageId, seq);
		this.#ready(
			frame.limits.maxMessageBytes,
			this.receipts.get(this.#userId ?? ""),
		);
	}

	#watermark(
		userId: string,
		messageId: string,
		seq = this.reads.place(messageId),
	): void {
		// Writing advances a watermark without a frame, so a later `read` may name an earlier message.
		if ((seq as number) < (this.readSeqs.get(userId) as number)) return;
		this.receipts.set(userId, messageId);
		if (seq !== undefined) this.readSeqs.set(userId, seq);
	}
}
