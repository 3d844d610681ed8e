/**
 * Client that uses the SDK like an application. The SDK connects, resumes and repeats messages by itself, so the
 * journal has one connection from the joining point on: each entry once, without a gap.
 */
import {
	type ChatClient,
	type Conversation,
	createClient,
} from "@secureconnect/client";
import type { Client, Seat } from "./client.ts";
import type { Happening, Shown } from "./journal.ts";

/** Sooner than the SDK reconnects by itself, so that the load is back when the fault is over. */
const RECONNECT_MS = 30;

export class SdkClient implements Client {
	readonly #seat: Seat;
	readonly #client: ChatClient;
	#conversation: Conversation | undefined;
	#shownSeq = 0;

	constructor(seat: Seat) {
		this.#seat = seat;
		this.#client = createClient({
			url: `http://${seat.endpoint}`,
			token: () => seat.token,
		});
	}

	get unanswered(): number {
		return this.#conversation?.unacknowledged.length ?? 0;
	}
	get shownSeq(): number {
		return this.#shownSeq;
	}
	get isConnected(): boolean {
		return this.#conversation?.state.name === "open";
	}

	start(): void {
		this.#write({ kind: "connecting", cursor: "none" });
		const conversation = this.#client.conversation(this.#seat.conversationId);
		this.#conversation = conversation;
		conversation.on("state", ({ name }) => {
			if (name === "waiting" || name === "given_up")
				setTimeout(() => this.#reconnect(), RECONNECT_MS);
		});
		conversation.on("frame", (frame) => {
			if (frame.type !== "chat" && frame.type !== "participant_removed") return;
			this.#shownSeq = frame.seq;
			this.#write({ kind: "delivered", entry: frame as Shown });
			conversation.markAsRead(frame.message_id);
		});
		conversation.on("read", ({ senderId, messageId }) =>
			this.#write({ kind: "watermark", userId: senderId, messageId }),
		);
		conversation.on("error", ({ code, clientMessageId }) =>
			this.#write({ kind: "refused", code, id: clientMessageId }),
		);
		conversation.on("outbox", ({ status, content, clientMessageId: id }) => {
			if (status === "sent") this.#write({ kind: "sent", content, id });
		});
	}

	say(content: string): void {
		const message = this.#conversation?.send(content);
		message?.acknowledged.then(
			({ messageId, seq = 0 }) =>
				this.#write({ kind: "acknowledged", content, messageId, seq }),
			// A final refusal, which no message of this load should get.
			(error: unknown) =>
				this.#write({ kind: "refused", code: String(error), id: undefined }),
		);
	}

	stopReading(): void {}
	readOn(): void {}
	drop(): void {}

	end(): void {
		this.#client.close();
	}

	#reconnect(): void {
		const name = this.#conversation?.state.name;
		if (name === "waiting" || name === "given_up")
			this.#conversation?.reconnect();
	}

	#write(happening: Happening): void {
		this.#seat.journal.write(0, happening);
	}
}
