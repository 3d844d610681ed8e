/**
 * Clients that chat while a test kills the server, and record what they sent and received. They use only the public
 * protocol, so a test can compare their records with the restarted server.
 */
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";

export interface Seen {
	readonly seq: number;
	readonly message_id: string;
	readonly sender_id: string;
	readonly content: string;
	readonly timestamp: string;
	readonly client_message_id?: string;
}

type Frame = { readonly type: string } & Partial<Seen>;

/** Client with one WebSocket at a time. `gone` resolves when the newest WebSocket is closed. */
abstract class Client {
	#ws: WebSocket | undefined;
	gone: Promise<void> = Promise.resolve();

	/** Connects and calls `onFrame` with every frame. Resolves when the connection is open. */
	protected open(url: string, onFrame: (frame: Frame) => void): Promise<void> {
		const ws = new WebSocket(url);
		this.#ws = ws;
		ws.on("message", (data) => onFrame(JSON.parse(String(data)) as Frame));
		this.gone = new Promise((resolve) => {
			ws.once("close", () => resolve());
		});
		return new Promise((resolve, reject) => {
			ws.once("open", resolve);
			// Once the connection is open, a kill of the server shows as an error.
			ws.on("error", reject);
		});
	}

	/** Writes a frame. Returns false if the connection is already lost. */
	protected write(frame: Record<string, unknown>): boolean {
		if (this.#ws?.readyState !== WebSocket.OPEN) return false;
		this.#ws.send(JSON.stringify(frame));
		return true;
	}

	end(): void {
		this.#ws?.terminate();
	}
}

/** Client that reads one conversation. After a crash it resumes after the last message that it received. */
export class Receiver extends Client {
	/** Messages in order of arrival, over all connections. */
	readonly seen: Seen[] = [];
	/** Frames that a correct server does not send. */
	readonly complaints: string[] = [];

	connect(url: string, onChat: () => void): Promise<void> {
		const last = this.seen.at(-1)?.message_id;
		return this.open(last ? `${url}&after=${last}` : url, (frame) => {
			if (frame.type === "error") this.complaints.push(JSON.stringify(frame));
			if (frame.type !== "chat") return;
			const chat = frame as unknown as Seen;
			const expected = (this.seen.at(-1)?.seq ?? 0) + 1;
			if (chat.seq !== expected)
				this.complaints.push(`seq ${chat.seq} where ${expected} was due`);
			this.seen.push(chat);
			onChat();
		});
	}
}

/** Client that sends to one conversation. With ids it repeats its unanswered messages after a crash. */
export class Sender extends Client {
	/** Map from the content of every message given to a connection to its client id. */
	readonly sent = new Map<string, string | undefined>();
	/** Contents of answered messages. */
	readonly acknowledged = new Set<string>();
	/** Own copies of its messages, in order of arrival. */
	readonly seen: Seen[] = [];
	readonly complaints: string[] = [];
	/** Number of answers to repeats: the server stored the message, and the crash lost the first answer. */
	repeats = 0;
	readonly #name: string;
	readonly #withIds: boolean;
	readonly #contentOf = new Map<string, string>();

	constructor(name: string, withIds: boolean) {
		super();
		this.#name = name;
		this.#withIds = withIds;
	}

	/** Contents of messages that were given to a connection and not answered. */
	get unanswered(): string[] {
		return [...this.sent.keys()].filter((it) => !this.acknowledged.has(it));
	}
	get withIds(): boolean {
		return this.#withIds;
	}

	/** Connects, calls `onAnswer` after each answer, and repeats unanswered messages with ids immediately. */
	async connect(url: string, onAnswer: () => void): Promise<void> {
		await this.open(url, (frame) => {
			if (frame.type === "error") this.complaints.push(JSON.stringify(frame));
			if (frame.type === "ack") {
				this.repeats++;
				this.#answered(this.#contentOf.get(frame.client_message_id ?? ""));
				onAnswer();
			}
			if (frame.type !== "chat") return;
			const chat = frame as unknown as Seen;
			this.seen.push(chat);
			if (!this.sent.has(chat.content)) return;
			this.#answered(chat.content);
			onAnswer();
		});
		if (this.#withIds)
			for (const content of this.unanswered) this.#hand(content);
	}

	say(): void {
		const content = `${this.#name} ${this.sent.size}`;
		const id = this.#withIds ? randomUUID() : undefined;
		this.sent.set(content, id);
		if (id !== undefined) this.#contentOf.set(id, content);
		// A message that no connection accepted was not sent, unless its id lets the next connection repeat it.
		if (!this.#hand(content) && !this.#withIds) this.sent.delete(content);
	}

	#hand(content: string): boolean {
		const id = this.sent.get(content);
		return this.write({
			type: "chat",
			content,
			...(id === undefined ? {} : { client_message_id: id }),
		});
	}

	#answered(content: string | undefined): void {
		if (content === undefined) this.complaints.push("an ack for nothing sent");
		else this.acknowledged.add(content);
	}
}
