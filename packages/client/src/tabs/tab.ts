import type { OpenSocket, Socket } from "../transport/transport.ts";
import { newUuid } from "../uuid.ts";
import { Hub } from "./hub.ts";
import type { EntryPlace, Start, TabMessage } from "./messages.ts";
import { textOf, wireOf } from "./wire.ts";

/** A check of the connection, as a tab sends it to the holder. */
const AUTH = '{"type":"auth"}';

type Handlers = Parameters<OpenSocket>[2];

/** The socket of the tab that holds the lock. */
interface Held {
	readonly socket: Socket;
	readonly hub: Hub;
	/** Releases the lock. */
	readonly release: () => void;
}

/** The newest entry of each conversation that arrived in this tab. */
export type Newest = Map<string, EntryPlace>;

const HEARTBEAT_MS = 1000;
/** Heartbeats without an answer after which the holder counts as frozen. */
const MOST_SILENT = 6;
/** The tabs learn of a close before they get the lock. */
const RELEASE_MS = 20;
const LOST = 1006;
/** Private code (RFC 6455, 7.4.2). The server counts the connection as lost, so others see the user online longer. */
const GONE_FOR_NOW = 4000;
/** The close codes that blame a frame: unsupported data, invalid payload, message too big. */
const BLAMING_CLOSES: readonly number[] = [1003, 1007, 1009];

/**
 * One connection of a tab to the server: over a real socket if the tab gets the lock, otherwise over the tab that has
 * it. A tab that gets the lock after it was connected reports its connection as lost; its next connection takes over.
 */
export class Tab implements Socket {
	readonly #id = newUuid();
	readonly #key: string;
	readonly #newest: Newest;
	readonly #open: (handlers: Handlers) => Socket;
	readonly #handlers: Handlers;
	readonly #channel: BroadcastChannel;
	readonly #queue = new AbortController();
	readonly #heartbeat: ReturnType<typeof setInterval>;
	#held: Held | undefined;
	/** The tab that carries this connection. */
	#holder: string | undefined;
	/** Number of heartbeats without a sign of the holder. */
	#silent = 0;
	#isSending = false;
	/** Frames for this tab that wait for the end of a call. */
	readonly #late: [text: string, entry: EntryPlace | undefined][] = [];
	#isEnded = false;
	/** Releases the lock that shows that this connection exists. */
	#vanish: () => void = () => {};

	/**
	 * Connects.
	 * @param key name of the lock and the channel
	 * @param open opens the real socket
	 */
	constructor(
		key: string,
		newest: Newest,
		open: (handlers: Handlers) => Socket,
		handlers: Handlers,
	) {
		this.#key = key;
		this.#newest = newest;
		this.#open = open;
		this.#handlers = handlers;
		this.#channel = new BroadcastChannel(key);
		this.#channel.onmessage = ({ data }: MessageEvent<TabMessage>) => {
			if (!this.#isEnded) this.#heard(data);
		};
		this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
		void this.#exist();
		void this.#elect({ signal: this.#queue.signal });
	}

	get received(): number {
		return this.#held?.socket.received ?? 0;
	}
	get pending(): number {
		return this.#held?.socket.pending ?? 0;
	}

	send(text: string): void {
		const start = this.#start(text);
		if (this.#held) {
			this.#isSending = true;
			this.#held.hub.sent(this.#id, text, start);
			this.#isSending = false;
		} else if (this.#holder !== undefined)
			this.#post({
				type: "sent",
				holder: this.#holder,
				from: this.#id,
				// The holder has a token of its own, so none goes over the channel.
				text: isAuth(text) ? AUTH : text,
				start,
			});
	}

	drop(code: number, reason: string): void {
		// The user remains present: another tab connects at once.
		const { hub, socket } = this.#held ?? {};
		const by = hub?.isShared ? GONE_FOR_NOW : code;
		this.#end(LOST, "", () => socket?.drop(by, reason));
	}

	/** Holds a lock while this connection exists. It ends with the tab, whatever ends the tab. */
	async #exist(): Promise<void> {
		try {
			await navigator.locks.request(this.#lockOf(this.#id), () => {
				if (this.#isEnded) return undefined;
				this.#post({ type: "hello", from: this.#id });
				return new Promise<void>((resolve) => {
					this.#vanish = resolve;
				});
			});
		} catch {
			// See #elect.
		}
	}

	async #elect(options: LockOptions): Promise<void> {
		try {
			await navigator.locks.request(this.#key, options, () => this.#elected());
		} catch (error) {
			// The wait ended with this connection, or another tab took the lock.
			if ((error as DOMException).name === "AbortError") this.#lost(LOST, "");
			// The page may not use locks, for example in a sandboxed frame.
			else if (!this.#held && !this.#isEnded) this.#hold(() => {});
		}
	}

	#elected(): Promise<void> | undefined {
		if (this.#isEnded) return undefined;
		if (this.#holder === undefined)
			return new Promise((release) => this.#hold(release));
		this.#lost(LOST, "");
		return undefined;
	}

	#hold(release: () => void): void {
		const hub = new Hub(this.#id, {
			send: (text) => this.#held?.socket.send(text),
			deliver: (to, text, entry) => this.#deliver(to, text, entry),
		});
		const { opened, alive } = this.#handlers;
		try {
			const socket = this.#open({
				opened,
				alive,
				message: (text) => this.#received(hub, text),
				closed: (code, reason) => this.#lost(code, reason),
				answered: (status, body, retryAfter) =>
					this.#end(LOST, "", () =>
						this.#handlers.answered(status, body, retryAfter),
					),
			});
			this.#held = { socket, hub, release };
		} catch {
			// The token contains characters that a subprotocol cannot hold.
			release();
			this.#end(LOST, "", () => this.#handlers.answered(401, "", null));
		}
	}

	#received(hub: Hub, text: string | undefined): void {
		if (text === undefined) {
			this.#handlers.message(text);
			return;
		}
		const { isReady } = hub;
		hub.received(text);
		if (!isReady && hub.isReady && !this.#isEnded)
			this.#post({ type: "here", holder: this.#id });
	}

	/** Delivers a frame of the server to tabs, in the order of the calls. */
	#deliver(
		to: readonly string[],
		text: string,
		entry: EntryPlace | undefined,
	): void {
		const others = to.filter((tab) => tab !== this.#id);
		if (others.length > 0)
			this.#post({ type: "frame", holder: this.#id, to: others, text, entry });
		if (others.length === to.length) return;
		// An answer of this tab must not arrive while the question is being sent, and nothing may overtake it.
		if (!this.#isSending && this.#late.length === 0) this.#pass(text, entry);
		else if (this.#late.push([text, entry]) === 1)
			queueMicrotask(() => this.#passLate());
	}

	#passLate(): void {
		// Handlers may add to it.
		for (const [text, entry] of this.#late) this.#pass(text, entry);
		this.#late.length = 0;
	}

	#pass(text: string, entry: EntryPlace | undefined): void {
		if (this.#isEnded) return;
		if (entry) this.#newest.set(entry.conversationId, entry);
		this.#handlers.message(text);
	}

	#heard(message: TabMessage): void {
		if (this.#held) this.#serve(this.#held.hub, message);
		else this.#follow(message);
	}

	/** Handles a message as the holder. */
	#serve(hub: Hub, message: TabMessage): void {
		switch (message.type) {
			case "hello":
				if (hub.isReady) this.#attach(hub, message.from);
				else this.#post({ type: "opening", to: message.from });
				break;
			case "sent":
				if (message.holder !== this.#id) return;
				hub.sent(message.from, message.text, message.start);
				break;
			case "bye":
				if (message.holder === this.#id) hub.leave(message.from);
		}
	}

	#attach(hub: Hub, tab: string): void {
		this.#post({ type: "attached", holder: this.#id, to: tab });
		if (hub.has(tab)) return;
		hub.enter(tab);
		const left = (): void => {
			if (!this.#isEnded) hub.leave(tab);
		};
		navigator.locks
			.request(this.#lockOf(tab), { signal: this.#queue.signal }, left)
			.catch(() => {});
	}

	/** Handles a message as a tab without the lock. */
	#follow(message: TabMessage): void {
		const { holder, from } = message as { holder?: string; from?: string };
		// One answer of the holder is a sign of life for all tabs.
		if (from === undefined && holder === this.#holder) this.#silent = 0;
		if (message.type === "here") {
			if (this.#holder !== undefined) this.#lost(LOST, "");
			else this.#post({ type: "hello", from: this.#id });
			return;
		}
		if (message.type === "attached") {
			if (message.to === this.#id) this.#attached(message.holder);
			return;
		}
		if (message.type === "opening" && message.to === this.#id) this.#silent = 0;
		if (holder === undefined || holder !== this.#holder) return;
		if (message.type === "frame") {
			if (message.to.includes(this.#id))
				this.#pass(message.text, message.entry);
		} else if (message.type === "gone") {
			const { code, reason, blamed } = message;
			const isInnocent = BLAMING_CLOSES.includes(code) && blamed !== this.#id;
			this.#lost(isInnocent ? LOST : code, reason);
		}
	}

	#attached(holder: string): void {
		this.#silent = 0;
		if (this.#holder === holder) return;
		if (this.#holder !== undefined) {
			this.#lost(LOST, "");
			return;
		}
		this.#holder = holder;
		this.#handlers.opened();
	}

	/** Asks a quiet holder for a sign of life, and takes the lock of a frozen one. */
	#beat(): void {
		if (this.#held) return;
		if (this.#silent++ === 0) return;
		if (this.#silent > MOST_SILENT) void this.#elect({ steal: true });
		else this.#post({ type: "hello", from: this.#id });
	}

	#lost(code: number, reason: string): void {
		this.#end(code, reason, () => {
			const hub = this.#held?.hub;
			const isInnocent =
				BLAMING_CLOSES.includes(code) && hub && hub.suspect !== this.#id;
			// A holder whose lock was taken still has its socket.
			this.#held?.socket.drop(GONE_FOR_NOW, "");
			this.#handlers.closed(isInnocent ? LOST : code, reason);
		});
	}

	/** Ends this connection. @param code the close code for the tabs that it carried */
	#end(code: number, reason: string, then: () => void): void {
		if (this.#isEnded) return;
		clearInterval(this.#heartbeat);
		this.#queue.abort();
		const held = this.#held;
		if (held) {
			const blamed = held.hub.suspect;
			const holder = this.#id;
			this.#post({ type: "gone", holder, code, reason, blamed });
			setTimeout(held.release, RELEASE_MS);
		} else if (this.#holder !== undefined)
			this.#post({ type: "bye", holder: this.#holder, from: this.#id });
		this.#isEnded = true;
		this.#vanish();
		this.#channel.close();
		then();
	}

	/** Returns where a subscription continues, if the frame asks for one with a cursor. */
	#start(text: string): Start | undefined {
		if (!text.includes('"subscribe"')) return undefined;
		const { type, conversation_id, after, after_seq } = wireOf(text);
		if (type !== "subscribe" || after === "head") return undefined;
		const id = textOf(after);
		if (id === undefined)
			return typeof after_seq === "number"
				? { seq: after_seq, id: undefined }
				: undefined;
		const newest = this.#newest.get(String(conversation_id));
		return { seq: newest?.messageId === id ? newest.seq : undefined, id };
	}

	#post(message: TabMessage): void {
		// Handlers may have ended this connection, and closed the channel.
		if (!this.#isEnded) this.#channel.postMessage(message);
	}

	#lockOf(tab: string): string {
		return `${this.#key} ${tab}`;
	}
}

function isAuth(text: string): boolean {
	return text.includes('"auth"') && wireOf(text).type === "auth";
}
