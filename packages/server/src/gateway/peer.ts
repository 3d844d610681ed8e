import {
	CloseCode,
	CloseReason,
	encodeFrame,
	type InboxInput,
	Limits,
	type ProtocolError,
	rfc3339,
	type ServerFrameOf,
	TOKEN_REFRESH_REASON,
} from "@secureconnect/protocol";
import { InvalidUserId, Unauthorized, type Verify } from "../auth/verify.ts";
import type { Identity } from "../chat/authorise.ts";
import type { Commands } from "../chat/commands.ts";
import type { Now } from "../chat/ports.ts";
import type { Departure } from "../chat/presence.ts";
import { Refusal } from "../chat/refusal.ts";
import type { TokenNames } from "../chat/token-names.ts";
import type { RefusalReason } from "../http-refusal.ts";
import { encodeError } from "./answers.ts";
import type { Connection, ConnectionEvents } from "./connection.ts";
import type { Intake } from "./intake.ts";

/** What peers need of the server. */
export interface PeerServices {
	readonly commands: Commands;
	readonly verify: Verify;
	readonly names: TokenNames;
	readonly now: Now;
	readonly intake: Intake;
	/** Called with the reason when a request or a token is refused. */
	readonly onRefused: (reason: RefusalReason) => void;
	/** Called with errors of the server itself. The connection is closed with 1011. */
	readonly onError: (error: unknown) => void;
}

/** Objects that all peers share. */
export interface PeerContext extends PeerServices {
	/** Called when the peer answers a ping. */
	readonly onPong: (peer: Peer, payload: Buffer) => void;
	/** Called when the peer's socket is closed. */
	readonly onClosed: (peer: Peer) => void;
}

/** Opens the peer's connection, whose events the peer receives. */
export type Connect = (events: ConnectionEvents) => Connection;
/** Frame that asks for a write to a conversation. */
export type Command = Exclude<
	InboxInput["frame"],
	{ type: "typing" | "auth" | "subscribe" | "unsubscribe" }
>;
type Ack = ServerFrameOf["ack"];

/** Maximum number of frames of one connection on their way to the disk. Above it, the server stops reading. */
const MAX_IN_FLIGHT = 256;
const MAX_IN_FLIGHT_BYTES = 1024 * 1024;

/**
 * User at the other end of one socket. It bounds the frames in flight, runs the commands and sends the answers. It has
 * seats in conversations; its two kinds differ in how many.
 */
export abstract class Peer implements ConnectionEvents {
	readonly connection: Connection;
	readonly isV1: boolean;
	protected readonly context: PeerContext;
	#identity: Identity;
	/** After `draining` the peer reads no more frames, after `expelled` it also handles none that it has read. */
	#state: "reading" | "draining" | "expelled" = "reading";
	#waitsForPeer = false;
	#inFlight = 0;
	#inFlightBytes = 0;
	/** Times of the most recent invalid frames, at most {@link Limits.invalidFrames}. */
	#invalidAt: number[] | undefined;

	constructor(
		connect: Connect,
		identity: Identity,
		isV1: boolean,
		context: PeerContext,
	) {
		this.connection = connect(this);
		this.#identity = identity;
		this.isV1 = isV1;
		this.context = context;
	}

	get id(): string {
		return this.connection.id;
	}
	get userId(): string {
		return this.#identity.userId;
	}
	get name(): string | undefined {
		return this.#identity.name;
	}
	/** Expiry of the token in milliseconds since 1970. */
	get expiresAt(): number {
		return this.#identity.expiresAt;
	}
	get isOpen(): boolean {
		return this.connection.isOpen;
	}
	get isFull(): boolean {
		return this.connection.isFull;
	}
	get pageBytes(): number {
		return this.connection.pageBytes;
	}
	get takesCompact(): boolean {
		return this.connection.deflates;
	}
	/** Number of conversations that the peer has subscribed to. */
	get subscriptionCount(): number {
		return 0;
	}
	protected get identity(): Identity {
		return this.#identity;
	}

	write(parts: readonly Uint8Array[]): void {
		this.connection.write(parts);
	}
	drained(): Promise<void> {
		return this.connection.drained();
	}

	message(data: Buffer, isBinary: boolean): void {
		if (!this.isOpen || this.#state === "expelled") return;
		if (isBinary) {
			this.close(CloseCode.unsupportedData, "text frames only");
			return;
		}
		this.handle(data.toString(), data.length);
		this.#pauseIfBehind();
	}

	pong(payload: Buffer): void {
		this.context.onPong(this, payload);
	}
	stalled(): void {
		this.close(CloseCode.tryAgainLater, "the client read nothing for too long");
	}
	tooSlow(): void {
		this.close(CloseCode.policyViolation, CloseReason.tooSlow);
	}
	/** @param code code of the peer's close frame; 1005 if the frame had none, 1006 if there was no frame */
	closed(code: number, reason: string): void {
		this.context.onClosed(this);
		this.#leave(code, reason);
	}

	/** Stops reading. Frames that were already read are still answered. */
	stopReading(): void {
		if (this.#state === "reading") this.#state = "draining";
		this.connection.pause();
	}

	/**
	 * Closes the connection. Other users see the user leave immediately, however long the peer takes to answer the close.
	 */
	close(code: CloseCode, reason: string): void {
		this.connection.close(code, reason);
		this.#leave(code, reason);
	}

	/** Handles a frame with {@link track}, {@link run} and the like. */
	protected abstract handle(text: string, bytes: number): void;
	/** Ends all seats. */
	protected abstract leave(how: Departure): void;
	/** Changes the user's name in all seats. */
	protected abstract rename(name: string): void;
	/**
	 * Sends a frame to this peer only, in order with other frames of the conversation.
	 * @param conversationId undefined if the frame is about no conversation or the peer has only one
	 */
	protected abstract reply(
		json: string,
		conversationId: string | undefined,
	): void;
	/** Writes the frames of {@link reply} that still wait. */
	protected abstract writeReplies(): void;
	/** Returns whether the peer gets its own copy of an entry, which then is the answer in place of `ack`. */
	protected abstract getsCopy(conversationId: string, ack: Ack): boolean;

	/** Runs a command and answers it. */
	protected async run(conversationId: string, command: Command): Promise<void> {
		const { commands } = this.context;
		if (command.type === "read")
			return commands.markRead(
				conversationId,
				this.userId,
				command.messageId,
				this.id,
			);
		const { entry, repeated } = await (command.type === "chat"
			? commands.sendChat(conversationId, this.userId, command)
			: commands.amend(conversationId, this.#identity, command));
		const { clientMessageId } = command;
		const ack: Ack = {
			type: "ack",
			...(clientMessageId === undefined ? {} : { clientMessageId }),
			messageId: entry.messageId,
			seq: entry.seq,
			timestamp: rfc3339(entry.timestamp),
		};
		if (repeated || !this.getsCopy(conversationId, ack))
			this.acknowledge(conversationId, ack);
	}

	protected acknowledge(conversationId: string, ack: Ack): void {
		this.reply(encodeFrame(ack), conversationId);
	}

	protected async renew(token: string): Promise<void> {
		let identity: Identity;
		try {
			identity = await this.context.verify(token);
		} catch (error) {
			if (!(error instanceof Unauthorized || error instanceof InvalidUserId))
				throw error;
			this.context.onRefused({ of: "token", why: error.message });
			throw new Refusal({
				code: "unauthorized",
				message:
					"the server refused the access token; the previous expiry remains in force",
			});
		}
		if (identity.userId !== this.userId) {
			this.close(CloseCode.policyViolation, CloseReason.otherUser);
			return;
		}
		// A token without a name keeps the name.
		this.#identity = { ...identity, name: identity.name ?? this.name };
		const name = await this.context.names.keep(identity);
		if (name !== undefined) {
			this.#identity = { ...this.#identity, name };
			this.rename(name);
		}
		this.reply(
			encodeFrame({
				type: "auth_ok",
				expiresAt: rfc3339(identity.expiresAt),
				timestamp: rfc3339(this.context.now()),
			}),
			undefined,
		);
	}

	/**
	 * Counts a frame until its work is done, and reports a refusal.
	 * @param conversationId conversation that an `error` names; undefined if the peer has only one
	 */
	protected async track(
		bytes: number,
		work: Promise<void>,
		conversationId: string | undefined,
	): Promise<void> {
		const { intake } = this.context;
		const { userId } = this;
		this.#inFlight++;
		this.#inFlightBytes += bytes;
		intake.begin(userId, bytes);
		try {
			await work;
		} catch (error) {
			if (error instanceof Refusal)
				this.refuse(
					conversationId === undefined
						? error.error
						: { ...error.error, conversationId },
				);
			else {
				this.context.onError(error);
				this.close(CloseCode.internalError, "internal error");
			}
		} finally {
			this.#inFlight--;
			this.#inFlightBytes -= bytes;
			intake.end(userId, bytes);
			this.#resumeIfCaughtUp();
		}
	}

	/** Refuses a frame that its schema or a limit does not allow. A peer that sends many of them is closed. */
	protected refuseInvalid(error: ProtocolError): void {
		this.refuse(error);
		const now = performance.now();
		this.#invalidAt ??= [];
		this.#invalidAt.push(now);
		if (this.#invalidAt.length < Limits.invalidFrames) return;
		const first = this.#invalidAt.shift() ?? now;
		if (now - first <= Limits.invalidFramesWindowMs) {
			this.#state = "expelled";
			// Writes the queued answers before the close frame, so that the peer learns the reason.
			this.writeReplies();
			this.close(CloseCode.policyViolation, CloseReason.abuse);
		}
	}

	protected refuse(error: ProtocolError): void {
		this.reply(encodeError(error, this.context.now()), error.conversationId);
	}

	#leave(code: number, reason: string): void {
		this.leave(
			this.connection.departure(code, reason === TOKEN_REFRESH_REASON),
		);
	}

	/**
	 * Stops reading from a peer that sends faster than the disk writes or that reads no answers, until it has caught up.
	 */
	#pauseIfBehind(): void {
		const { connection } = this;
		if (
			this.#inFlight >= MAX_IN_FLIGHT ||
			this.#inFlightBytes >= MAX_IN_FLIGHT_BYTES
		)
			connection.pause();
		if (connection.isFull && !this.#waitsForPeer) {
			this.#waitsForPeer = true;
			connection.pause();
			void connection.drained().then(() => {
				this.#waitsForPeer = false;
				this.#resumeIfCaughtUp();
			});
		}
	}

	#resumeIfCaughtUp(): void {
		if (
			this.connection.isPaused &&
			this.#state !== "draining" &&
			!this.#waitsForPeer &&
			this.#inFlight <= MAX_IN_FLIGHT / 2 &&
			this.#inFlightBytes <= MAX_IN_FLIGHT_BYTES / 2
		)
			this.connection.resume();
	}
}
