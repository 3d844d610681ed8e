/** Clients that implement the protocol themselves: plain, or with the subprotocol `secureconnect.v1`. */
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import type { Client, Seat } from "./client.ts";
import type { Cursor, Happening, Shown } from "./journal.ts";

export interface Habits {
	/** Offers the subprotocol `secureconnect.v1` and sends the token in a subprotocol entry. */
	readonly v1: boolean;
	/** Sends each message with a `client_message_id`, again until there is an answer. */
	readonly withIds: boolean;
	/**
	 * Cursor of every connection: the last received message, or only the device id.
	 */
	readonly resumes: "after" | "device";
	/** Sends a read receipt for every received message. */
	readonly reads: boolean;
	/** Bytes of every message, if it sends long ones. */
	readonly bytes: number;
	/** Receives uncompressed frames, because compression would make long messages short. */
	readonly declinesCompression: boolean;
}

const RECONNECT_MS = 15;
/** Sooner than servers advise, so that the load is back when the fault is over. */
const RESEND_MS = 50;

type Frame = { readonly type: string } & Record<string, unknown>;

export class SocketClient implements Client {
	readonly #seat: Seat;
	readonly #habits: Partial<Habits>;
	/** Unanswered messages by content, in order of sending. */
	readonly #unanswered = new Map<string, string>();
	readonly #contentOf = new Map<string, string>();
	readonly #own = new Set<string>();
	readonly #device = randomUUID();
	#ws: WebSocket | undefined;
	#connection = -1;
	#last: Shown | undefined;
	#ended = false;

	constructor(seat: Seat, habits: Partial<Habits>) {
		this.#seat = seat;
		this.#habits = habits;
	}

	get unanswered(): number {
		return this.#unanswered.size;
	}
	get shownSeq(): number {
		return this.#last?.seq ?? 0;
	}
	get isConnected(): boolean {
		return this.#ws?.readyState === WebSocket.OPEN;
	}

	start(): void {
		if (this.#ended) return;
		this.#connection++;
		const cursor = this.#cursor();
		this.#write({ kind: "connecting", cursor });
		const ws = this.#dial(cursor);
		this.#ws = ws;
		ws.on("open", () => {
			this.#write({ kind: "opened" });
			this.#resend();
		});
		// ws has answered the ping by then.
		ws.on("ping", () => this.#write({ kind: "pinged" }));
		ws.on("message", (data) =>
			this.#onFrame(JSON.parse(String(data)) as Frame),
		);
		// After a refusal, a reset or a lost connection the event "close" follows, which handles it.
		ws.on("error", () => {});
		ws.once("close", (code) => {
			this.#write({ kind: "closed", code });
			setTimeout(() => this.start(), RECONNECT_MS);
		});
	}

	say(content: string): void {
		if (!this.#habits.withIds) {
			if (!this.isConnected) return;
			this.#own.add(content);
			this.#hand(content, undefined);
			return;
		}
		const id = randomUUID();
		this.#own.add(content);
		this.#contentOf.set(id, content);
		this.#unanswered.set(content, id);
		if (this.isConnected) this.#hand(content, id);
	}

	stopReading(): void {
		this.#ws?.pause();
	}

	readOn(): void {
		this.#ws?.resume();
	}

	drop(): void {
		this.#ws?.terminate();
	}

	end(): void {
		this.#ended = true;
		this.drop();
	}

	#dial(cursor: Cursor): WebSocket {
		const { conversationId, endpoint, token } = this.#seat;
		const query = new URLSearchParams({ conversation_id: conversationId });
		if (cursor === "device") query.set("device_id", this.#device);
		else if (cursor !== "none") {
			if ("after" in cursor) query.set("after", cursor.after);
			else query.set("after_seq", String(cursor.afterSeq));
		}
		const url = `ws://${endpoint}/v1/ws/chat?${query}`;
		const perMessageDeflate = !this.#habits.declinesCompression;
		return this.#habits.v1
			? new WebSocket(url, ["secureconnect.v1", `bearer.${token}`], {
					perMessageDeflate,
				})
			: new WebSocket(url, {
					perMessageDeflate,
					headers: { Authorization: `Bearer ${token}` },
				});
	}

	#cursor(): Cursor {
		if (this.#habits.resumes === "device") return "device";
		if (this.#habits.resumes === undefined) return "none";
		return this.#last ? { after: this.#last.message_id } : { afterSeq: 0 };
	}

	#resend(): void {
		for (const [content, id] of this.#unanswered) this.#hand(content, id);
	}

	#hand(content: string, id: string | undefined): void {
		const { bytes } = this.#habits;
		this.#write({ kind: "sent", content, id });
		this.#ws?.send(
			JSON.stringify({
				type: "chat",
				content,
				...(id === undefined ? {} : { client_message_id: id }),
				...(bytes === undefined
					? {}
					: { metadata: { much: "x".repeat(bytes) } }),
			}),
		);
	}

	#onFrame(frame: Frame): void {
		switch (frame.type) {
			case "welcome": {
				const read = frame.read as { user_id: string; message_id: string }[];
				this.#write({
					kind: "welcomed",
					watermarks: read.map((it) => ({
						userId: it.user_id,
						messageId: it.message_id,
					})),
				});
				break;
			}
			case "ack":
				this.#answered(
					this.#contentOf.get(String(frame.client_message_id)) ?? "",
					String(frame.message_id),
					Number(frame.seq),
				);
				break;
			case "error":
				this.#refused(
					String(frame.code),
					frame.client_message_id as string | undefined,
				);
				break;
			case "read":
				this.#write({
					kind: "watermark",
					userId: String(frame.sender_id),
					messageId: String(frame.message_id),
				});
				break;
			default:
				if ("seq" in frame) this.#shown(frame as unknown as Shown);
		}
	}

	#shown(entry: Shown): void {
		this.#last = entry;
		this.#write({ kind: "delivered", entry });
		const { content, sender_id, message_id, seq } = entry;
		if (sender_id === this.#seat.userId && content !== undefined) {
			// A resuming connection also receives the copies of messages that an earlier connection sent.
			if (this.#own.has(content)) this.#answered(content, message_id, seq);
		} else if (this.#habits.reads)
			this.#ws?.send(JSON.stringify({ type: "read", message_id }));
	}

	#answered(content: string, messageId: string, seq: number): void {
		this.#unanswered.delete(content);
		this.#write({ kind: "acknowledged", content, messageId, seq });
	}

	#refused(code: string, id: string | undefined): void {
		this.#write({ kind: "refused", code, id });
		const content = id && this.#contentOf.get(id);
		const connection = this.#connection;
		if (!content) return;
		setTimeout(() => {
			const isDue = this.#unanswered.has(content) && this.isConnected;
			if (isDue && connection === this.#connection) this.#hand(content, id);
		}, RESEND_MS);
	}

	#write(happening: Happening): void {
		this.#seat.journal.write(this.#connection, happening);
	}
}
