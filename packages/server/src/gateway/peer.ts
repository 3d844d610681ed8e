import {
	type Amendment,
	type ChatInput,
	CloseCode,
	CloseReason,
	ERROR_CODES,
	encodeFrame,
	Limits,
	type ProtocolError,
	parseClientFrame,
	rfc3339,
	TOKEN_REFRESH_REASON,
} from "@secureconnect/protocol";
import { InvalidUserId, Unauthorized, type Verify } from "../auth/verify.ts";
import type { Identity } from "../chat/authorise.ts";
import type { Commands, Written } from "../chat/commands.ts";
import type { Seat } from "../chat/hub.ts";
import type { Now } from "../chat/ports.ts";
import { Refusal } from "../chat/refusal.ts";
import type { TokenNames } from "../chat/token-names.ts";
import type { RefusalReason } from "../http-refusal.ts";
import type { Connection } from "./connection.ts";
import type { ProvingConnection } from "./delivery.ts";
import type { Intake } from "./intake.ts";

export interface PeerContext {
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

/** Maximum number of frames of one connection on their way to the disk. Above it, the server stops reading. */
const MAX_IN_FLIGHT = 256;
const MAX_IN_FLIGHT_BYTES = 1024 * 1024;
/** Milliseconds that an `error` frame advises if the frame may succeed later. */
const RETRY_MS = 1000;

/** User at the other end of one connection. It parses the frames, runs the commands and sends the answers. */
export class Peer {
	readonly connection: Connection;
	/** Receives what pongs prove for the device; undefined if the connection names no device. */
	proving: ProvingConnection | undefined;
	readonly #conversationId: string;
	readonly #v1: boolean;
	readonly #context: PeerContext;
	#identity: Identity;
	#seat: Seat | undefined;
	#inFlight = 0;
	#inFlightBytes = 0;
	#waitsForPeer = false;
	/** Times of the most recent invalid frames, at most {@link Limits.invalidFrames}. */
	readonly #invalidAt: number[] = [];
	#stopped = false;
	#putOut = false;

	constructor(
		connection: Connection,
		conversationId: string,
		identity: Identity,
		v1: boolean,
		context: PeerContext,
	) {
		this.connection = connection;
		this.#conversationId = conversationId;
		this.#identity = identity;
		this.#v1 = v1;
		this.#context = context;
	}

	/** Expiry of the token in milliseconds since 1970. */
	get expiresAt(): number {
		return this.#identity.expiresAt;
	}

	take(seat: Seat): void {
		this.#seat = seat;
	}

	onMessage(data: Buffer, isBinary: boolean): void {
		if (!this.connection.isOpen || this.#putOut) return;
		if (isBinary) {
			this.close(CloseCode.unsupportedData, "text frames only");
			return;
		}
		const parsed = parseClientFrame(data.toString(), this.#v1);
		if (!parsed.ok) {
			this.#invalid(parsed.error);
			return;
		}
		const frame = parsed.value;
		switch (frame.type) {
			case "chat":
				void this.#track(data.length, this.#chat(frame));
				break;
			case "typing":
				if (this.#seat?.isReader) break;
				this.#context.commands.typing(
					this.#conversationId,
					this.connection.userId,
					this.connection.id,
				);
				break;
			case "read":
				void this.#track(
					data.length,
					this.#context.commands.markRead(
						this.#conversationId,
						this.connection.userId,
						frame.messageId,
						this.connection.id,
					),
				);
				break;
			case "auth":
				void this.#track(data.length, this.#auth(frame.accessToken));
				break;
			default:
				void this.#track(data.length, this.#amend(frame));
		}
		this.#pauseIfBehind();
	}

	/** Stops reading. Frames that were already read are still answered. */
	stopReading(): void {
		this.#stopped = true;
		this.connection.pause();
	}

	/**
	 * Closes the connection. Other users see the user leave immediately, however long the peer takes to answer the close.
	 */
	close(code: CloseCode, reason: string): void {
		this.connection.close(code, reason);
		this.onClose(code, reason);
	}

	/** @param code code of the peer's close frame; 1005 if the frame had none, 1006 if there was no frame */
	onClose(code: number, reason: string): void {
		this.#seat?.leave(
			this.connection.departure(code, reason === TOKEN_REFRESH_REASON),
		);
	}

	async #chat(chat: ChatInput): Promise<void> {
		this.#acknowledge(
			await this.#context.commands.sendChat(
				this.#conversationId,
				this.connection.userId,
				chat,
			),
			chat,
		);
	}

	async #amend(amendment: Amendment): Promise<void> {
		this.#acknowledge(
			await this.#context.commands.amend(
				this.#conversationId,
				this.#identity,
				amendment,
			),
			amendment,
		);
	}

	/** Answers a command that made no entry. For a new entry, the sender's own copy is the acknowledgement. */
	#acknowledge(
		{ entry, repeated }: Written,
		{ clientMessageId }: ChatInput | Amendment,
	): void {
		if (!repeated) return;
		this.#reply(
			encodeFrame({
				type: "ack",
				...(clientMessageId === undefined ? {} : { clientMessageId }),
				messageId: entry.messageId,
				seq: entry.seq,
				timestamp: rfc3339(entry.timestamp),
			}),
		);
	}

	async #auth(token: string): Promise<void> {
		let identity: Identity;
		try {
			identity = await this.#context.verify(token);
		} catch (error) {
			if (!(error instanceof Unauthorized || error instanceof InvalidUserId))
				throw error;
			this.#context.onRefused({ of: "token", why: error.message });
			throw new Refusal({
				code: "unauthorized",
				message:
					"the server refused the access token; the previous expiry remains in force",
			});
		}
		if (identity.userId !== this.#identity.userId) {
			this.close(CloseCode.policyViolation, CloseReason.otherUser);
			return;
		}
		this.#identity = identity;
		const name = await this.#context.names.keep(identity);
		if (name !== undefined) this.#seat?.rename(name);
		this.#reply(
			encodeFrame({
				type: "auth_ok",
				expiresAt: rfc3339(identity.expiresAt),
				timestamp: rfc3339(this.#context.now()),
			}),
		);
	}

	async #track(bytes: number, work: Promise<void>): Promise<void> {
		const { intake } = this.#context;
		const { userId } = this.connection;
		this.#inFlight++;
		this.#inFlightBytes += bytes;
		intake.begin(userId, bytes);
		try {
			await work;
		} catch (error) {
			if (error instanceof Refusal) this.#refuse(error.error);
			else {
				this.#context.onError(error);
				this.close(CloseCode.internalError, "internal error");
			}
		} finally {
			this.#inFlight--;
			this.#inFlightBytes -= bytes;
			intake.end(userId, bytes);
			this.#resumeIfCaughtUp();
		}
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
			!this.#stopped &&
			!this.#waitsForPeer &&
			this.#inFlight <= MAX_IN_FLIGHT / 2 &&
			this.#inFlightBytes <= MAX_IN_FLIGHT_BYTES / 2
		)
			this.connection.resume();
	}

	#invalid(error: ProtocolError): void {
		this.#refuse(error);
		const now = performance.now();
		this.#invalidAt.push(now);
		if (this.#invalidAt.length < Limits.invalidFrames) return;
		const first = this.#invalidAt.shift() ?? now;
		if (now - first <= Limits.invalidFramesWindowMs) {
			this.#putOut = true;
			// Writes the queued answers before the close frame, so that the peer learns the reason.
			this.#seat?.flush();
			this.close(CloseCode.policyViolation, CloseReason.abuse);
		}
	}

	#refuse(error: ProtocolError): void {
		const { retry } = ERROR_CODES[error.code];
		this.#reply(
			encodeFrame({
				type: "error",
				...error,
				timestamp: rfc3339(this.#context.now()),
				...(retry ? { retryMs: RETRY_MS } : {}),
			}),
		);
	}

	#reply(json: string): void {
		this.#seat?.reply(json);
	}
}
