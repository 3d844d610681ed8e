/** Clients that speak the protocol themselves: a plain one, and one that offers `secureconnect.v1`. */
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import type { Client, Seat } from "./client.ts";
import type { Cursor, Happening, Shown } from "./journal.ts";

export interface Habits {
	/** Offers the subprotocol `secureconnect.v1`, its token in it. */
	readonly v1: boolean;
	/** Gives each message a `client_message_id`, and sends it again until there is an answer. */
	readonly withIds: boolean;
	/**
	 * What it gives on every connection: the last message that it was shown, to get what came after it, or nothing but
	 * the name of its device.
	 */
	readonly resumes: "after" | "device";
	/** Says of every message it is shown that it has read it. */
	readonly reads: boolean;
	/** Says much with every message: so many bytes. */
	readonly bytes: number;
	/** Gets what it is sent as it is: compressed, much of it would be little. */
	readonly declinesCompression: boolean;
}

const RECONNECT_MS = 15;
/** Sooner than servers advise: the load is to be there when the fault is over. */
const RESEND_MS = 50;

type Frame = { readonly type: string } & Record<string, unknown>;

export class SocketClient implements Client {
	readonly #seat: Seat;
	readonly #habits: Partial<Habits>;
	/** By content, in the order in which they were said. */
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
		// By then ws has answered it.
		ws.on("ping", () => this.#write({ kind: "pinged" }));
		ws.on("message", (data) =>
			this.#onFrame(JSON.parse(String(data)) as Frame),
		);
		// Refused, reset, or gone in mid-air: "close" follows, and is what counts.
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
			// Of what an earlier connection sent, too, where this one resumes.
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
