import type { ServerFrame, ServerFrameOf } from "@secureconnect/protocol";
import { Connection, type Protocol } from "./connection.ts";
import type { ConnectionState } from "./connection-state.ts";
import { Emitter } from "./emitter.ts";
import type { Endpoint } from "./endpoint.ts";
import { isOnline, watchEnvironment } from "./environment.ts";
import { ChatError } from "./errors.ts";
import type { ConversationEvents } from "./events.ts";
import { readFrame } from "./frames.ts";
import { Outbox } from "./outbox/outbox.ts";
import { memoryOutbox, type OutboxStore } from "./outbox/store.ts";
import { Presence } from "./presence.ts";
import { ReadSender } from "./receipts.ts";
import { Sequence } from "./sequence.ts";
import type { TokenSource } from "./token.ts";
import { TypingSender, TypingUsers } from "./typing.ts";

export interface SessionOptions {
	readonly endpoint: Endpoint;
	readonly tokens: TokenSource;
	readonly protocol: Protocol;
	readonly deviceId: string | undefined;
	readonly outbox: OutboxStore;
}

/** A token is renewed the document's way, by closing, once nothing is on its way, or after this. */
const SETTLE_MS = 5000;
/** Of the protocol's close codes those that are about what was sent: unsupported data, invalid payload, too big. */
const BLAMING_CLOSES: readonly number[] = [1003, 1007, 1009];
/** A private code (RFC 6455, section 7.4.2). */
const RESYNC = 4001;

/** One conversation of one user: its connection, and what comes and goes over it. Shared by all who subscribe. */
export class Session {
	readonly conversationId: string;
	readonly events = new Emitter<ConversationEvents>();
	readonly presence = new Presence(() =>
		this.events.emit("presence", this.presence.users),
	);
	readonly sequence = new Sequence();
	readonly typing = new TypingUsers(() =>
		this.events.emit("typing", this.typing.users),
	);
	/** By user, the message up to which they have read. */
	readonly receipts = new Map<string, string>();
	/** The id of the server's log, where the server gave it. */
	epoch: string | undefined;
	readonly outbox: Outbox;
	readonly connection: Connection;
	readonly reads: ReadSender;
	readonly typist: TypingSender;
	readonly #options: SessionOptions;
	readonly #unwatch: () => void;
	#userId: string | undefined;
	#isClosed = false;
	/** Whether the server knows cursors and `client_message_id`. */
	#isDurable: boolean;
	#isWelcome = false;

	constructor(conversationId: string, options: SessionOptions) {
		this.conversationId = conversationId;
		this.#options = options;
		const { endpoint, tokens, protocol, outbox } = options;
		this.#isDurable = protocol === "v1";
		this.connection = new Connection(
			endpoint,
			conversationId,
			tokens,
			protocol,
			{
				changed: (state) => this.#changed(state),
				opened: () => this.#opened(),
				message: (text) => this.#message(text),
				down: (code) => this.#down(code),
				cursor: () => this.#cursor(),
				settled: () =>
					Promise.race([
						this.outbox.settled(),
						new Promise<void>((resolve) => setTimeout(resolve, SETTLE_MS)),
					]),
			},
		);
		this.outbox = new Outbox(
			// What such a server may have got before a crash it would get again: nothing is kept for it.
			this.#isDurable ? outbox : memoryOutbox(),
			this.#isDurable,
			{
				send: (frame) => this.connection.send(frame),
				changed: (message) => this.events.emit("outbox", message),
				storage: (problem) => this.events.emit("storage", problem),
				unanswered: (ms) => this.connection.suspect(ms),
			},
		);
		this.reads = new ReadSender((messageId) =>
			this.#isWelcome
				? this.connection.send({ type: "read", messageId })
				: false,
		);
		this.typist = new TypingSender(
			() => void this.connection.send({ type: "typing" }),
		);
		this.#unwatch = watchEnvironment((event) => this.connection.noticed(event));
		this.#identify();
		this.connection.start(isOnline());
	}

	/** One's own id, once known. */
	get userId(): string | undefined {
		return this.#userId;
	}

	get isClosed(): boolean {
		return this.#isClosed;
	}

	close(): void {
		this.#isClosed = true;
		this.#unwatch();
		this.reads.stop();
		this.connection.dispatch({ type: "close" });
		this.outbox.close();
		this.typing.clear();
	}

	/** Once it is known who the user is, it is known which outbox is theirs. */
	#identify(userId = this.#options.tokens.userId): void {
		if (userId === undefined || this.#userId !== undefined) return;
		this.#userId = userId;
		void this.outbox.belongsTo(
			`${this.#options.endpoint.rest} ${userId} ${this.conversationId}`,
		);
	}

	#changed(state: ConnectionState): void {
		this.#identify();
		const { error } = state as { readonly error?: ChatError };
		// After a login the same connection may be had; those two are about this conversation.
		this.outbox.refuse(
			error?.code === "removed" || error?.code === "forbidden"
				? error
				: undefined,
		);
		this.events.emit("state", state);
	}

	#opened(): void {
		if (this.#options.protocol === "seed") this.#ready();
	}

	#ready(maxMessageBytes?: number, ownWatermark?: string): void {
		this.#isWelcome = true;
		this.outbox.opened(maxMessageBytes);
		this.reads.opened(ownWatermark);
		this.events.emit("ready", undefined);
	}

	#down(code: number): void {
		this.#isWelcome = false;
		this.typing.clear();
		// What such a close answers, sent again, would end every connection anew.
		const isCulprit = BLAMING_CLOSES.includes(code);
		this.outbox.down(
			isCulprit
				? new ChatError(
						"too_large",
						`the server closed the connection over this message (${code})`,
					)
				: undefined,
		);
	}

	#cursor(): Record<string, string> {
		const { last, lastId } = this.sequence;
		const { deviceId } = this.#options;
		// By its name alone a device is sent all that it missed, which history has.
		return {
			...(deviceId && { device_id: deviceId }),
			...(lastId
				? { after: lastId }
				: last !== undefined
					? { after_seq: String(last) }
					: deviceId && { after: "head" }),
		};
	}

	#message(text: string | undefined): void {
		const read = readFrame(text, this.#options.protocol === "seed");
		if ("frame" in read) {
			if (this.#frame(read.frame)) this.events.emit("frame", read.wire);
			return;
		}
		const { why } = read;
		if (why) this.events.emit("invalid", { why });
		// Its place is taken all the same: asked for again, it would be no better.
		this.#takes(read);
	}

	/** Takes a frame for what it is; false where it is not for the application, or was there already. */
	#frame(frame: ServerFrame): boolean {
		switch (frame.type) {
			case "chat":
				return this.#chat(frame);
			case "participant_removed":
				if (!this.#takes(frame)) return false;
				this.events.emit("removed", frame);
				return true;
			case "ack":
				this.connection.answered();
				this.outbox.repeated(frame);
				return false;
			case "error":
				this.#error(frame);
				return false;
			case "auth_ok":
				this.connection.answered();
				this.connection.expiresIn(between(frame.timestamp, frame.expiresAt));
				return false;
			case "welcome":
				this.#welcome(frame);
				return false;
			default:
				this.#signal(frame);
				return true;
		}
	}

	#chat(frame: ServerFrameOf["chat"]): boolean {
		const { seq, senderId } = frame as Omit<typeof frame, "seq"> & {
			// A server that knows only the document numbers nothing.
			readonly seq?: number;
		};
		if (seq !== undefined && !this.#isDurable) {
			// Nobody who gives messages a `seq` forgets their ids.
			this.#isDurable = true;
			this.outbox.deduplicates();
		}
		// Before its order is looked at: a repeat answers too.
		if (senderId.toLowerCase() === this.#userId) {
			this.connection.answered();
			this.outbox.arrived(frame);
		}
		if (!this.#takes(frame)) return false;
		this.reads.saw(frame.messageId, seq);
		this.typing.stopped(senderId);
		this.events.emit("message", frame);
		return true;
	}

	/** Whether an entry is the next one, or has no number; asks anew for what is missing before it. */
	#takes({ seq, messageId }: Placed): boolean {
		if (seq === undefined) return true;
		const place = this.sequence.accept(seq, messageId);
		switch (place.kind) {
			case "repeat":
				return false;
			case "gap":
				this.connection.dispatch({
					type: "renew",
					code: RESYNC,
					reason: "entries are missing",
				});
				return false;
			case "hole":
				this.events.emit("missing", { from: place.from, to: place.to });
		}
		return true;
	}

	#error(frame: ServerFrameOf["error"]): void {
		switch (frame.code) {
			case "unauthorized":
				this.connection.renewLater();
				break;
			case "unknown_cursor":
				// A v1 server says so in its welcome.
				if (this.#options.protocol === "seed") this.sequence.forget();
				break;
			default:
				this.outbox.refused(frame);
		}
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
				// The log was set back: what was learnt from it may not hold. The outbox is the user's.
				this.receipts.clear();
				this.reads.forget();
				this.events.emit("reset", { last, head });
			}
		}
		this.presence.welcome(frame);
		for (const { userId, messageId } of frame.read)
			this.receipts.set(userId, messageId);
		this.connection.watch(frame.intervals.pingMs);
		this.connection.expiresIn(between(frame.timestamp, frame.expiresAt));
		this.#ready(
			frame.limits.maxMessageBytes,
			this.receipts.get(this.#userId ?? ""),
		);
	}

	#signal(
		frame: ServerFrameOf["typing" | "read" | "user_joined" | "user_left"],
	): void {
		const { senderId } = frame;
		switch (frame.type) {
			case "typing":
				if (senderId !== this.#userId) this.typing.typing(senderId);
				break;
			case "read":
				this.receipts.set(senderId, frame.messageId);
				this.events.emit("read", frame);
				break;
			case "user_joined":
				// The first is one's own: a server that knows only the document says nowhere else who one is.
				this.#identify(senderId);
				this.presence.joined(frame);
				break;
			case "user_left":
				this.typing.stopped(senderId);
				this.presence.left(frame);
		}
	}
}

/** What has a place in the order. */
interface Placed {
	readonly seq?: number | undefined;
	readonly messageId?: string;
}

/** Milliseconds from one of the server's times to another: this machine's clock has no say in it. */
function between(from: string, to: string): number {
	return Date.parse(to) - Date.parse(from) || 0;
}
