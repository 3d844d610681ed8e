/**
 * Clients that chat while the server is killed under them, and what they remember. Nothing in here knows how the server
 * works: it is what people would hold against it afterwards.
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

/** One WebSocket of one cycle; `onFrame` hears everything, `gone` settles when it is closed. */
abstract class Client {
	#ws: WebSocket | undefined;
	gone: Promise<void> = Promise.resolve();

	/** Resolves when the connection is open. */
	protected open(url: string, onFrame: (frame: Frame) => void): Promise<void> {
		const ws = new WebSocket(url);
		this.#ws = ws;
		ws.on("message", (data) => onFrame(JSON.parse(String(data)) as Frame));
		this.gone = new Promise((resolve) => {
			ws.once("close", () => resolve());
		});
		return new Promise((resolve, reject) => {
			ws.once("open", resolve);
			// After the opening an error is what a kill looks like.
			ws.on("error", reject);
		});
	}

	/** False where the connection is lost already. */
	protected write(frame: Record<string, unknown>): boolean {
		if (this.#ws?.readyState !== WebSocket.OPEN) return false;
		this.#ws.send(JSON.stringify(frame));
		return true;
	}

	end(): void {
		this.#ws?.terminate();
	}
}

/** Reads one conversation for ever: after each crash it goes on behind the last message it has seen. */
export class Receiver extends Client {
	/** Every message, in the order in which it came, over all of its connections. */
	readonly seen: Seen[] = [];
	/** What it was told that cannot be right. */
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

/** Sends to one conversation; with ids it sends again after a crash whatever it has no answer to. */
export class Sender extends Client {
	/** By content: everything it has ever handed to a connection, and the id it gave it. */
	readonly sent = new Map<string, string | undefined>();
	/** Contents for which an answer has come. */
	readonly acknowledged = new Set<string>();
	/** Its own copies, as they came. */
	readonly seen: Seen[] = [];
	readonly complaints: string[] = [];
	/** Answers to what had been stored before a crash, its answer lost with the crash. */
	repeats = 0;
	readonly #name: string;
	readonly #withIds: boolean;
	readonly #contentOf = new Map<string, string>();

	constructor(name: string, withIds: boolean) {
		super();
		this.#name = name;
		this.#withIds = withIds;
	}

	/** Contents that were handed over and not answered. */
	get unanswered(): string[] {
		return [...this.sent.keys()].filter((it) => !this.acknowledged.has(it));
	}
	get withIds(): boolean {
		return this.#withIds;
	}

	/** `onAnswer` hears of each answer; unanswered messages with ids are sent again at once. */
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
		// What no connection took was never sent, unless its id makes it good later.
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
