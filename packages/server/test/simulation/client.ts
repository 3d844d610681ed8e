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
	readonly #isV1: boolean;
	readonly #resumesBy: "id" | "seq";
	readonly #time: VirtualTime;
	readonly #findings: Findings;
	readonly #outbox: Command[] = [];
	#inFlight: string | undefined;
	#connection: SimulatedConnection | undefined;
	/** Counts connections, so that a late answer of an earlier one is ignored. */
	#generation = 0;
	#isConnecting = false;

	constructor(
		node: () => SimulatedNode | undefined,
		conversationId: string,
		kind: { readonly isV1: boolean; readonly resumesBy: "id" | "seq" },
		time: VirtualTime,
		findings: Findings,
		userId = randomUUID() as string,
	) {
		this.#node = node;
		this.#conversationId = conversationId;
		this.#isV1 = kind.isV1;
		this.#resumesBy = kind.resumesBy;
		this.#time = time;
		this.#findings = findings;
		this.userId = userId;
	}

	get isV1(): boolean {
		return this.#isV1;
	}
	get lastSeq(): number {
		return this.received.at(-1)?.seq ?? 0;
	}
	get isConnected(): boolean {
		return this.#connection !== undefined;
	}
	/** Whether every command has its answer. */
	get isSettled(): boolean {
		return this.#outbox.length === 0;
	}

	/** Connects, and reconnects until the client is out. */
	connect(): void {
		const node = this.#node();
		if (this.#connection || this.#isConnecting || this.isOut) return;
		if (!node) {
			this.#connectLater();
			return;
		}
		this.#isConnecting = true;
		const generation = ++this.#generation;
		void node
			.connect(this.#conversationId, this.userId, this.#cursor(), this.#isV1)
			.then(
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
		this.#connection?.send(fields);
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
		this.connect();
	}
	/** Received messages that may be amended or read. */
	messages(): readonly Received[] {
		return this.received.filter(({ type }) => type === "chat");
	}

	#cursor(): Cursor {
		const last = this.received.at(-1);
		if (!last) return { kind: "seq", seq: 0 };
		return this.#resumesBy === "id"
			? { kind: "message", messageId: last.messageId }
			: { kind: "seq", seq: last.seq };
	}

	#open(connection: SimulatedConnection): void {
		this.#connection = connection;
		this.#read.clear();
		this.#isRemoved = false;
		this.online = undefined;
		this.#inFlight = undefined;
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
		this.#sendNext();
	}

	#closed(): void {
		this.#connection = undefined;
		this.#generation++;
		this.#isConnecting = false;
		this.#inFlight = undefined;
	}

	#connectLater(): void {
		this.#time.after(this.#time.random() * RECONNECT_MS, () => this.connect());
	}

	#sendNext(): void {
		const next = this.#outbox[0];
		if (!this.#connection || !next || this.#inFlight === next.id) return;
		this.#inFlight = next.id;
		this.#connection.send({ ...next.fields, client_message_id: next.id });
	}

	#settle(id: string): void {
		const at = this.#outbox.findIndex((command) => command.id === id);
		if (at >= 0) this.#outbox.splice(at, 1);
		this.#sendNext();
	}

	#receive(frame: Fields): void {
		const { type } = frame;
		switch (type) {
			case "welcome":
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
		// A plain client gets no deleted message in a replay.
		if (this.#isV1 ? seq !== last + 1 : seq <= last)
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
		if (code === "unknown_cursor")
			this.#findings.add(`the server did not find the cursor of ${this.#name}`);
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
		return `a ${this.#isV1 ? "v1" : "plain"} client`;
	}
}
