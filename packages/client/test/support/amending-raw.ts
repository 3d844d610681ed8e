/** A WebSocket client that reconnects, repeats its commands, and folds entries by the text of the protocol. */
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { token } from "../../../server/test/support/token.ts";
import type { AmendingClient, ClientOptions } from "./amending-client.ts";
import { commandOf, type Given } from "./amending-commands.ts";
import type { ClientAct, Deed } from "./amending-plan.ts";
import { Mirror, type Row, type Wire } from "./amending-rows.ts";
import { ProxyFaults } from "./proxy-faults.ts";

/** Delay before a reconnect. */
const RETRY_MS = 30;
const SUBPROTOCOL = "secureconnect.v1";

export class RawClient implements AmendingClient {
	readonly options: ClientOptions;
	readonly given: Given[] = [];
	readonly complaints: string[] = [];
	connections = 0;
	isReady = false;
	/** `seq` of the entries that never came. Only a plain client may miss any: those of deleted messages. */
	readonly missed = new Set<number>();
	/** Messages that never came, but whose amendments did. */
	readonly unknown = new Set<string>();
	readonly #mirror = new Mirror();
	readonly #faults: ProxyFaults;
	readonly #deviceId = randomUUID();
	readonly #pending = new Map<string, Given>();
	readonly #timers = new Set<NodeJS.Timeout>();
	#ws: WebSocket | undefined;
	#last: { readonly seq: number; readonly messageId: string } | undefined;
	/** Newest entry of the current connection. */
	#here = 0;
	#isClosed = false;

	constructor(options: ClientOptions) {
		this.options = options;
		this.#faults = new ProxyFaults(options.proxy);
	}

	get isSettled(): boolean {
		return this.isReady && this.#pending.size === 0;
	}

	get #isV1(): boolean {
		return this.options.plan.kind === "v1";
	}

	open(): void {
		void this.#connect();
	}

	perform(act: ClientAct): void {
		switch (act.kind) {
			case "do":
				for (const deed of act.deeds) this.#do(deed);
				break;
			case "join":
				this.open();
				break;
			case "restart":
			case "look":
			case "load":
				break;
			default:
				this.#faults.perform(act);
		}
	}

	async heal(): Promise<void> {
		this.#faults.heal();
	}

	shows(messageId: string): boolean {
		return this.views()[0]?.at(-1)?.messageId === messageId;
	}

	views(): readonly (readonly Row[])[] {
		return [this.#mirror.rows(this.options.userId)];
	}

	close(): void {
		this.#isClosed = true;
		this.#faults.heal();
		for (const timer of this.#timers) clearTimeout(timer);
		this.#ws?.terminate();
		this.options.proxy.close();
	}

	#do(deed: Deed): void {
		const [rows = []] = this.views();
		const number = this.given.length;
		const command = commandOf(deed, rows, this.options, number);
		if (!command) return;
		const clientMessageId = randomUUID();
		const given: Given = { clientMessageId, command, outcome: undefined };
		this.given.push(given);
		this.#pending.set(clientMessageId, given);
		this.#send(given);
	}

	#send({ clientMessageId: client_message_id, command }: Given): void {
		if (this.#ws?.readyState === WebSocket.OPEN)
			this.#ws.send(JSON.stringify({ ...command, client_message_id }));
	}

	async #connect(): Promise<void> {
		const { plan, proxy, userId, conversationId } = this.options;
		const query = new URLSearchParams({
			conversation_id: conversationId,
			...(plan.kind === "device"
				? { device_id: this.#deviceId }
				: this.#last
					? { after: this.#last.messageId }
					: { after_seq: "0" }),
		});
		const bearer = await token(userId);
		if (this.#isClosed) return;
		const ws = new WebSocket(
			`ws://${proxy.address}/v1/ws/chat?${query}`,
			this.#isV1 ? [SUBPROTOCOL] : [],
			{
				headers: { Authorization: `Bearer ${bearer}` },
				perMessageDeflate: false,
			},
		);
		this.#ws = ws;
		this.#here = 0;
		ws.on("open", () => {
			this.connections++;
			for (const given of this.#pending.values()) this.#send(given);
		});
		ws.on("message", (data) => {
			this.#take(JSON.parse(data.toString()) as Wire);
			this.options.changed();
		});
		ws.on("error", () => {});
		ws.on("close", (code, reason) => {
			if (code === 1008)
				this.complaints.push(`was closed: ${reason.toString()}`);
			this.#after(RETRY_MS, () => void this.#connect());
		});
	}

	#after(ms: number, work: () => void): void {
		if (this.#isClosed) return;
		this.#timers.add(setTimeout(work, ms));
	}

	#take(frame: Wire): void {
		const { type, client_message_id, seq } = frame;
		const given = this.#pending.get(String(client_message_id));
		if (type === "user_joined" && frame.sender_id === this.options.userId)
			this.isReady = true;
		if (type === "error") this.#refused(frame, given);
		else if (given && seq !== undefined) {
			this.#pending.delete(given.clientMessageId);
			given.outcome = {
				messageId: String(frame.message_id),
				seq: Number(seq),
			};
		}
		if (seq !== undefined && type !== "ack") this.#entry(frame);
	}

	#refused(frame: Wire, given: Given | undefined): void {
		const { code, retry_ms } = frame;
		if (!given) {
			// A command that was sent twice may be refused for now after its first copy was stored.
			if (retry_ms === undefined && code !== "draining")
				this.complaints.push(`error: ${JSON.stringify(frame)}`);
		} else if (retry_ms === undefined) {
			this.#pending.delete(given.clientMessageId);
			given.outcome = { code: String(code) };
		} else this.#after(Number(retry_ms), () => this.#send(given));
	}

	#entry(frame: Wire): void {
		const seq = Number(frame.seq);
		const messageId = String(frame.message_id);
		const last = this.#last?.seq ?? 0;
		if (seq <= this.#here)
			this.complaints.push(`entry ${seq} came after ${this.#here}`);
		this.#here = seq;
		if (!this.#isV1 && frame.type === "chat" && frame.deleted === true)
			this.complaints.push(`a plain client got the deleted message ${seq}`);
		if (seq <= last) {
			// A device gets entries again that it has not proved.
			if (this.options.plan.kind !== "device")
				this.complaints.push(`entry ${seq} came twice`);
			return;
		}
		for (let missing = last + 1; missing < seq; missing++)
			this.missed.add(missing);
		this.#last = { seq, messageId };
		if (!this.#mirror.apply(frame)) this.unknown.add(String(frame.target_id));
	}
}
