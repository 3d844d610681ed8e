import { randomUUID } from "node:crypto";
import type { Cursor } from "../../src/chat/hub.ts";
import type { SimulatedConnection } from "./connection.ts";
import type { Findings } from "./findings.ts";
import type { SimulatedNode } from "./node.ts";
import type { VirtualTime } from "./virtual-time.ts";

type Fields = Record<string, unknown> & { readonly type: string };

/** Entry as a client received it. */
interface Received {
	readonly seq: number;
	readonly messageId: string;
	readonly type: string;
}

export interface ClientKind {
	/** Connection for one conversation, or for all of them. */
	readonly transport: "chat" | "inbox";
	readonly isV1: boolean;
	/** How the client says where it continues. A device says nothing. */
	readonly resumesBy: "id" | "seq" | "device";
}

/** What a list shows of a conversation. */
export interface Row {
	readonly head_seq: number;
	readonly read_seq: number;
	readonly unread: number;
}

/** Command that a client sends until it is answered. */
interface Command {
	readonly id: string;
	readonly fields: Fields;
}

export interface Acknowledged {
	readonly id: string;
	readonly messageId: string;
	readonly seq: number;
}

const RECONNECT_MS = 300;
const RETRY_MS = 200;
/** Errors that end a command. Others mean that the client sends it again. */
const FINAL = new Set([
	"not_participant",
	"message_deleted",
	"unknown_message",
	"version_conflict",
	"forbidden",
	"limit_reached",
	"read_only",
]);

/**
 * Client that resumes after the last entry it received, and sends each command until it is answered. It checks what it
 * receives: a client cannot see more than this.
 */
export class SimulatedClient {
	readonly userId: string;
	readonly received: Received[] = [];
	readonly acknowledged: Acknowledged[] = [];
	readonly sentIds: string[] = [];
	/** Whether the client was refused or removed, and waits until it is added again. */
	isOut = false;
	/** Users that the client sees online. */
	online: Set<string> | undefined;
	/** Newest watermark of each user that this connection was told of, and that any connection was told of. */
	readonly #read = new Map<string, number>();
	readonly #everRead = new Map<string, number>();
	/** Whether this connection got the removal of its user. */
	#isRemoved = false;
	/** Newest entry when this connection opened. Only a v1 client is told. */
	#headSeq = Number.POSITIVE_INFINITY;
	readonly #node: () => SimulatedNode | undefined;
	readonly #conversationId: string;
	readonly #kind: ClientKind;
	/** Id of the client's device, if it resumes by it alone. */
	readonly #deviceId: string | undefined;
	/** What the client's list shows of the conversation; undefined if it shows nothing. */
	row: Row | undefined;
	readonly #time: VirtualTime;
	readonly #findings: Findings;
	readonly #outbox: Command[] = [];
	#inFlight: string | undefined;
	#connection: SimulatedConnection | undefined;
	/** Counts connections, so that a late answer of an earlier one is ignored. */
	#generation = 0;
	#isSubscribed = false;
	/** Whether the next entry is the first of the connection. */
	#isFirst = true;
	#isConnecting = false;

	constructor(
		node: () => SimulatedNode | undefined,
		conversationId: string,
		kind: ClientKind,
		time: VirtualTime,
		findings: Findings,
		userId = randomUUID() as string,
	) {
		this.#node = node;
		this.#conversationId = conversationId;
		this.#kind = kind;
		this.#deviceId = kind.resumesBy === "device" ? randomUUID() : undefined;
		this.#time = time;
		this.#findings = findings;
		this.userId = userId;
	}

	get isV1(): boolean {
		return this.#kind.isV1;
	}
	get hasList(): boolean {
		return this.#kind.transport === "inbox";
	}
	get lastSeq(): number {
		return this.received.at(-1)?.seq ?? 0;
	}
	/** Whether the client gets the frames of the conversation. */
	get isConnected(): boolean {
		return this.#connection !== undefined && this.#isSubscribed;
	}
	/** Whether every command has its answer. */
	get isSettled(): boolean {
		return this.#outbox.length === 0;
	}

	/** Connects, and reconnects until the client is out. */
	connect(): void {
		const node = this.#node();
		if (this.#connection || this.#isConnecting) return;
		// A client with a list hears there that it is let in again.
		if (this.isOut && !this.hasList) return;
		if (!node) {
			this.#connectLater();
			return;
		}
		this.#isConnecting = true;
		const generation = ++this.#generation;
		const opening = this.hasList
			? node.connectInbox(this.userId)
			: node.connect(
					this.#conversationId,
					this.userId,
					this.#cursor(),
					this.#deviceId,
					this.isV1,
				);
		void opening.then(
			(connection) => {
				if (generation !== this.#generation) {
					connection?.cut();
					return;
				}
				this.#isConnecting = false;
				if (connection) this.#open(connection);
				else this.isOut = true;
			},
			() => {
				if (generation !== this.#generation) return;
				this.#isConnecting = false;
				this.#connectLater();
			},
		);
		// A killed process never answers.
		this.#time.after(RECONNECT_MS * 4, () => {
			if (!this.#isConnecting || generation !== this.#generation) return;
			this.#generation++;
			this.#isConnecting = false;
			this.connect();
		});
	}

	/** Sends a command when the earlier ones are answered. */
	command(fields: Fields): void {
		const id = randomUUID();
		this.sentIds.push(id);
		this.#outbox.push({ id, fields });
		this.#sendNext();
	}

	/** Sends a frame that has no answer. */
	send(fields: Fields): void {
		this.#connection?.send(
			this.hasList
				? { ...fields, conversation_id: this.#conversationId }
				: fields,
		);
	}
	setReading(reads: boolean): void {
		this.#connection?.setReading(reads);
	}
	cut(): void {
		this.#connection?.cut();
	}
	leave(): void {
		const connection = this.#connection;
		if (!connection) return;
		this.#closed();
		connection.leave();
	}
	/** Lets a removed client in again. What happened meanwhile is not for it. */
	comeBack(): void {
		if (!this.isOut) return;
		this.isOut = false;
		if (this.isConnected) return;
		if (this.#connection) this.#subscribe();
		else this.connect();
	}
	/** Received messages that may be amended or read. */
	messages(): readonly Received[] {
		return this.received.filter(({ type }) => type === "chat");
	}

	#cursor(): Cursor {
		const last = this.received.at(-1);
		if (this.#deviceId)
			return last ? { kind: "none" } : { kind: "seq", seq: 0 };
		if (!last) return { kind: "seq", seq: 0 };
		return this.#kind.resumesBy === "id"
			? { kind: "message", messageId: last.messageId }
			: { kind: "seq", seq: last.seq };
	}

	#open(connection: SimulatedConnection): void {
		this.#connection = connection;
		this.#begin();
		connection.open({
			frame: (json) => this.#receive(JSON.parse(json) as Fields),
			closed: (code, reason) => {
				if (this.#connection !== connection) return;
				this.#closed();
				if (code === 1008 && reason === "removed from the conversation")
					this.isOut = true;
				else this.#connectLater();
			},
		});
		if (this.hasList) this.#subscribe();
		else {
			this.#isSubscribed = true;
			this.#sendNext();
		}
	}

	/** Forgets what an earlier connection or subscription was told. */
	#begin(): void {
		this.#read.clear();
		this.#isRemoved = false;
		this.#isFirst = true;
		this.online = undefined;
		this.#inFlight = undefined;
		this.#isSubscribed = false;
	}

	#subscribe(): void {
		this.#begin();
		const cursor = this.#cursor();
		this.send({
			type: "subscribe",
			...(cursor.kind === "message" ? { after: cursor.messageId } : {}),
			...(cursor.kind === "seq" ? { after_seq: cursor.seq } : {}),
			...(this.#deviceId ? { device_id: this.#deviceId } : {}),
		});
	}

	#closed(): void {
		this.#connection = undefined;
		this.#isSubscribed = false;
		this.row = undefined;
		this.#generation++;
		this.#isConnecting = false;
		this.#inFlight = undefined;
	}

	#connectLater(): void {
		this.#time.after(this.#time.random() * RECONNECT_MS, () => this.connect());
	}

	#sendNext(): void {
		const next = this.#outbox[0];
		if (!this.isConnected || !next || this.#inFlight === next.id) return;
		this.#inFlight = next.id;
		this.send({ ...next.fields, client_message_id: next.id });
	}

	#settle(id: string): void {
		const at = this.#outbox.findIndex((command) => command.id === id);
		if (at >= 0) this.#outbox.splice(at, 1);
		this.#sendNext();
	}

	#receive(frame: Fields): void {
		const { type } = frame;
		switch (type) {
			case "inbox":
				this.row = (frame.conversations as Row[])[0];
				return;
			case "inbox_changed":
				this.row = (frame.conversations as Row[])[0] ?? this.row;
				return;
			case "conversation_added":
				this.row = frame.conversation as Row;
				this.comeBack();
				return;
			case "conversation_removed":
				this.row = undefined;
				return;
			case "unsubscribed":
				this.#begin();
				this.isOut = frame.reason === "removed";
				if (!this.isOut) this.#findings.add("a subscription ended");
				return;
			case "subscribed":
			case "welcome":
				this.#isSubscribed = true;
				this.isOut = false;
				this.#sendNext();
				this.online = new Set(
					(frame.present as { user_id: string }[]).map((user) => user.user_id),
				);
				this.#headSeq = Number(frame.head_seq);
				for (const { user_id, seq } of frame.read as {
					user_id: string;
					seq: number;
				}[])
					if (seq < (this.#everRead.get(user_id) ?? 0))
						this.#findings.add(
							`${this.#name} was told of a watermark that is not stored`,
						);
				return;
			case "user_joined":
				this.online?.add(String(frame.sender_id));
				return;
			case "user_left":
				this.online?.delete(String(frame.sender_id));
				return;
			case "typing":
				return;
			case "read":
				this.#watermark(String(frame.sender_id), String(frame.message_id));
				return;
			case "ack":
				this.#acknowledge(String(frame.client_message_id), frame);
				return;
			case "error":
				this.#refused(frame);
				return;
			default:
				this.#entry(frame);
		}
	}

	#entry(frame: Fields): void {
		const seq = Number(frame.seq);
		const messageId = String(frame.message_id);
		const last = this.lastSeq;
		const isRepeat = this.#isFirst && this.#deviceId && seq <= last;
		this.#isFirst = false;
		// What a device has not proved to have received comes again.
		if (isRepeat) while (this.lastSeq >= seq) this.received.pop();
		// A plain client gets no deleted message in a replay.
		else if (this.isV1 ? seq !== last + 1 : seq <= last)
			this.#findings.add(`${this.#name} got seq ${seq} after ${last}`);
		if (this.#isRemoved)
			this.#findings.add(`${this.#name} got seq ${seq} after its removal`);
		// A replay may contain an earlier removal of a user who was added again.
		if (
			frame.type === "participant_removed" &&
			frame.user_id === this.userId &&
			seq > this.#headSeq
		)
			this.#isRemoved = true;
		this.received.push({ seq, messageId, type: frame.type });
		if (frame.sender_id === this.userId && frame.client_message_id)
			this.#acknowledge(String(frame.client_message_id), frame);
	}

	#acknowledge(id: string, frame: Fields): void {
		if (!this.#outbox.some((command) => command.id === id)) return;
		this.acknowledged.push({
			id,
			messageId: String(frame.message_id),
			seq: Number(frame.seq),
		});
		this.#settle(id);
	}

	#refused(frame: Fields): void {
		const code = String(frame.code);
		const id = frame.client_message_id as string | undefined;
		if (code === "not_participant" && id === undefined && this.hasList)
			this.isOut = true;
		else if (code === "unknown_cursor")
			this.#findings.add(`the server did not find the cursor of ${this.#name}`);
		else if (code === "unavailable" && !this.#isSubscribed)
			this.#time.after(this.#time.random() * RETRY_MS, () => {
				if (this.#connection && !this.#isSubscribed) this.#subscribe();
			});
		else if (id === undefined) return;
		else if (FINAL.has(code)) this.#settle(id);
		else if (code === "unavailable")
			this.#time.after(this.#time.random() * RETRY_MS, () => {
				if (this.#inFlight === id) this.#inFlight = undefined;
				this.#sendNext();
			});
		else this.#findings.add(`${this.#name} got the error ${code}`);
	}

	#watermark(userId: string, messageId: string): void {
		const at = this.received.find((entry) => entry.messageId === messageId);
		// A watermark may come before its message while the client reads from the log.
		if (!at) return;
		const before = this.#read.get(userId) ?? 0;
		if (at.seq < before)
			this.#findings.add(
				`${this.#name} saw a watermark go from ${before} to ${at.seq}`,
			);
		this.#read.set(userId, Math.max(before, at.seq));
		this.#everRead.set(
			userId,
			Math.max(at.seq, this.#everRead.get(userId) ?? 0),
		);
	}

	get #name(): string {
		const { transport, isV1, resumesBy } = this.#kind;
		return `a ${isV1 ? "v1" : "plain"} client (${transport}, ${resumesBy})`;
	}
}
