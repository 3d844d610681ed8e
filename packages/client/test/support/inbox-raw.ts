/** A WebSocket client of the inbox that follows the protocol's text: it reconnects, resumes and repeats commands. */
import { randomUUID } from "node:crypto";
import { WebSocket } from "ws";
import { token } from "../../../server/test/support/token.ts";
import type {
	Device,
	DeviceOptions,
	Given,
	Received,
	Totals,
	Wire,
} from "./inbox-device.ts";
import { listOf } from "./inbox-oracle.ts";
import type { Deed } from "./inbox-plan.ts";
import { type FaultAct, ProxyFaults } from "./proxy-faults.ts";

/** Delay before a reconnect. */
const RETRY_MS = 30;
/** Frames that a conversation without a subscription may have. */
const WITHOUT_SEAT: ReadonlySet<unknown> = new Set([
	"ack",
	"error",
	"unsubscribed",
	"conversation_removed",
]);

interface Seat {
	phase: "asking" | "live" | "leaving" | "refused" | "ended";
	/** Entry after which the first subscription began; undefined until the server has named it. */
	after: number | undefined;
	last: number;
	/**
	 * Whether the subscription began without a cursor and has no entry yet. The entries between its admission and the
	 * head that `subscribed` names are its first ones.
	 */
	fresh: boolean;
	/** Whether the user's own `user_joined` has come on this subscription. */
	joined: boolean;
	readonly entries: { seq: number; messageId: string }[];
}

/** Changes the frames that a client receives, to plant a fault. */
export type Rewrite = (frame: Wire) => readonly Wire[];

export class RawDevice implements Device {
	readonly options: DeviceOptions;
	readonly given: Given[] = [];
	readonly reads = new Map<string, Set<string>>();
	readonly complaints: string[] = [];
	readonly rows = new Map<string, Wire>();
	totals: Totals = { unread: 0, mentions: 0 };
	connections = 0;
	readonly #rewrite: Rewrite;
	readonly #faults: ProxyFaults;
	readonly #seats = new Map<string, Seat>();
	/** Subscriptions that ended, of conversations that have a newer subscription. */
	readonly #past: Received[] = [];
	readonly #pending = new Map<string, Given & { readonly frame: Wire }>();
	readonly #timers = new Set<NodeJS.Timeout>();
	#ws: WebSocket | undefined;
	#isLive = false;
	#isClosed = false;

	constructor(options: DeviceOptions, rewrite: Rewrite = (frame) => [frame]) {
		this.options = options;
		this.#rewrite = rewrite;
		this.#faults = new ProxyFaults(options.proxy);
	}

	get isSettled(): boolean {
		return (
			this.#isLive &&
			this.#pending.size === 0 &&
			[...this.#seats.values()].every(
				({ phase }) => phase !== "asking" && phase !== "leaving",
			)
		);
	}

	open(): void {
		void this.#connect();
	}

	suffer(fault: FaultAct): void {
		this.#faults.perform(fault);
	}

	heal(): void {
		this.#faults.heal();
		this.#repeatReads();
	}

	perform(id: string, { what, choice }: Deed): void {
		// An app acts on the conversations that its list shows.
		const row = this.rows.get(id);
		if (!row) return;
		const seat = this.#seats.get(id);
		const { phase } = seat ?? {};
		if (what === "send")
			this.#give(id, { type: "chat", content: this.#content() });
		else if (what === "delete") {
			const own = this.given.flatMap(({ conversationId, target, outcome }) =>
				conversationId === id && !target && typeof outcome === "object"
					? outcome.messageId
					: [],
			);
			const target_id = own[choice % Math.max(1, own.length)];
			if (target_id) this.#give(id, { type: "delete", target_id });
		} else if (what === "read") {
			const last = row.last_message as Wire | null;
			if (!last) return;
			const reads = this.reads.get(id) ?? new Set();
			this.reads.set(id, reads.add(String(last.message_id)));
			this.#send({
				type: "read",
				conversation_id: id,
				message_id: last.message_id,
			});
		} else if (
			what === "subscribe" &&
			(!phase || phase === "refused" || phase === "ended")
		)
			this.#subscribe(id, choice);
		else if (
			what === "unsubscribe" &&
			seat &&
			phase === "live" &&
			this.#isLive
		) {
			seat.phase = "leaving";
			this.#send({ type: "unsubscribe", conversation_id: id });
		}
	}

	received(): readonly Received[] {
		return [
			...this.#past,
			...[...this.#seats].flatMap(([id, seat]) => this.#record(id, seat)),
		];
	}

	async listed(): Promise<ReadonlyMap<string, Wire>> {
		const { proxy, userId } = this.options;
		return listOf(proxy.address, await token(userId));
	}

	close(): void {
		this.#isClosed = true;
		this.#faults.heal();
		for (const timer of this.#timers) clearTimeout(timer);
		this.#ws?.terminate();
		this.options.proxy.close();
	}

	#record(conversationId: string, { after, entries, phase }: Seat): Received[] {
		return after === undefined
			? []
			: [
					{
						conversationId,
						after,
						entries,
						isOpen: phase === "live",
						isWhole: true,
					},
				];
	}

	#content(): string {
		const { name, padding } = this.options;
		return `${name} ${this.given.length} ${"x".repeat(padding)}`;
	}

	#give(conversation_id: string, command: Wire): void {
		const clientMessageId = randomUUID();
		const given: Given & { readonly frame: Wire } = {
			clientMessageId,
			conversationId: conversation_id,
			target: command.target_id as string | undefined,
			connection: this.#isLive ? this.connections : undefined,
			outcome: undefined,
			frame: {
				...command,
				conversation_id,
				client_message_id: clientMessageId,
			},
		};
		this.given.push(given);
		this.#pending.set(clientMessageId, given);
		this.#send(given.frame);
	}

	#subscribe(id: string, choice: number): void {
		const before = this.#seats.get(id);
		if (before) this.#past.push(...this.#record(id, before));
		// Half of the later subscriptions resume; a third of the first ones ask for the whole history.
		const resumes = before && before.after !== undefined && choice % 2 === 0;
		const after = resumes ? before.last : choice % 3 === 0 ? 0 : undefined;
		const seat: Seat = {
			phase: "asking",
			after,
			last: after ?? 0,
			fresh: false,
			joined: false,
			entries: [],
		};
		this.#seats.set(id, seat);
		if (this.#isLive) this.#ask(id, seat);
	}

	#ask(conversation_id: string, seat: Seat): void {
		seat.joined = seat.fresh = false;
		this.#send({
			type: "subscribe",
			conversation_id,
			...(seat.after === undefined ? {} : { after_seq: seat.last }),
		});
	}

	#repeatReads(): void {
		for (const [conversation_id, reads] of this.reads)
			if (this.rows.has(conversation_id))
				for (const message_id of reads)
					this.#send({ type: "read", conversation_id, message_id });
	}

	#send(frame: Wire): void {
		if (this.#isLive && this.#ws?.readyState === WebSocket.OPEN)
			this.#ws.send(JSON.stringify(frame));
	}

	#after(ms: number, work: () => void): void {
		if (!this.#isClosed) this.#timers.add(setTimeout(work, ms));
	}

	async #connect(): Promise<void> {
		const { proxy, userId } = this.options;
		const Authorization = `Bearer ${await token(userId)}`;
		if (this.#isClosed) return;
		const ws = new WebSocket(
			`ws://${proxy.address}/v1/ws/inbox`,
			["secureconnect.v1"],
			{ headers: { Authorization }, perMessageDeflate: false },
		);
		this.#ws = ws;
		ws.on("open", () => this.connections++);
		ws.on("message", (data) => {
			for (const frame of this.#rewrite(JSON.parse(data.toString()) as Wire))
				this.#take(frame);
			this.options.changed();
		});
		ws.on("error", () => {});
		ws.on("close", (code, reason) => {
			this.#isLive = false;
			if (code === 1008) this.complaints.push(`was closed: ${reason}`);
			this.#after(RETRY_MS, () => void this.#connect());
		});
	}

	/** The connection has its list: resumes the subscriptions and repeats what has no answer. */
	#welcomed(frame: Wire): void {
		this.#isLive = true;
		this.rows.clear();
		this.#put(frame.conversations);
		for (const [id, seat] of this.#seats)
			if (seat.phase === "leaving") seat.phase = "ended";
			else if (seat.phase === "live" || seat.phase === "asking") {
				seat.phase = "asking";
				this.#ask(id, seat);
			}
		for (const given of this.#pending.values()) {
			given.connection = undefined;
			this.#send(given.frame);
		}
		this.#repeatReads();
	}

	#put(rows: unknown): void {
		for (const row of rows as Wire[])
			this.rows.set(String(row.conversation_id), row);
	}

	#take(frame: Wire): void {
		const { type, total_unread, total_mentions } = frame;
		const id = String(frame.conversation_id);
		if (total_unread !== undefined)
			this.totals = {
				unread: Number(total_unread),
				mentions: Number(total_mentions),
			};
		if (type === "inbox") this.#welcomed(frame);
		else if (type === "inbox_changed") this.#put(frame.conversations);
		else if (type === "conversation_added") this.#put([frame.conversation]);
		else if (type === "conversation_removed") this.rows.delete(id);
		else this.#ofConversation(id, frame);
	}

	#ofConversation(id: string, frame: Wire): void {
		const { type } = frame;
		const seat = this.#seats.get(id);
		if (frame.client_message_id !== undefined) this.#answered(frame);
		if (type === "error") {
			if (frame.client_message_id === undefined) this.#refused(id, frame, seat);
		} else if (type === "subscribed") this.#subscribed(id, frame, seat);
		else if (type === "unsubscribed") {
			if (seat) seat.phase = "ended";
		} else if (!WITHOUT_SEAT.has(type)) {
			if (!seat || (seat.phase !== "live" && seat.phase !== "leaving"))
				this.complaints.push(
					`${type} ${frame.seq ?? ""} of ${id} without a subscription`,
				);
			else if (frame.seq !== undefined) this.#entry(id, frame, seat);
			else if (
				type === "user_joined" &&
				frame.sender_id === this.options.userId
			)
				seat.joined = true;
		}
	}

	#subscribed(id: string, frame: Wire, seat: Seat | undefined): void {
		if (seat?.phase !== "asking") {
			this.complaints.push(`subscribed to ${id} without asking`);
			return;
		}
		seat.phase = "live";
		if (seat.after === undefined) {
			seat.after = seat.last = Number(frame.head_seq);
			seat.fresh = true;
		} else if (frame.recovered !== true)
			this.complaints.push(`${id} was not recovered after ${seat.last}`);
	}

	#entry(id: string, { seq, message_id, type }: Wire, seat: Seat): void {
		if (!seat.joined)
			this.complaints.push(
				`${type} ${seq} of ${id} before the own user_joined`,
			);
		if (seat.fresh && Number(seq) <= seat.last)
			seat.after = seat.last = Number(seq) - 1;
		seat.fresh = false;
		if (seq !== seat.last + 1)
			this.complaints.push(`${type} ${seq} of ${id} came after ${seat.last}`);
		seat.last = Number(seq);
		seat.entries.push({ seq: Number(seq), messageId: String(message_id) });
	}

	#answered(frame: Wire): void {
		const given = this.#pending.get(String(frame.client_message_id));
		if (!given) return;
		const { retry_ms, code } = frame;
		if (frame.type !== "error") {
			this.#pending.delete(given.clientMessageId);
			given.outcome = {
				messageId: String(frame.message_id),
				seq: Number(frame.seq),
			};
		} else if (retry_ms !== undefined) {
			given.connection = undefined;
			this.#after(Number(retry_ms), () => this.#send(given.frame));
		} else if (code === "draining") given.connection = undefined;
		else {
			this.#pending.delete(given.clientMessageId);
			given.outcome = "refused";
		}
	}

	#refused(id: string, frame: Wire, seat: Seat | undefined): void {
		const { code, retry_ms } = frame;
		if (retry_ms !== undefined)
			this.#after(Number(retry_ms), () => {
				if (seat?.phase === "asking") this.#ask(id, seat);
				this.#repeatReads();
			});
		else if (code === "not_participant") {
			if (seat?.phase === "asking") seat.phase = "refused";
		} else if (code !== "draining")
			this.complaints.push(`error: ${JSON.stringify(frame)}`);
	}
}
