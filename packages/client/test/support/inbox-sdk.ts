/** A device with the client library: one socket, its list, and conversations that open and close. */
import { setImmediate } from "node:timers/promises";
import type { ChatClient, Conversation, InboxRow } from "@secureconnect/client";
import { token } from "../../../server/test/support/token.ts";
import type {
	Device,
	DeviceOptions,
	Given,
	Received,
	Totals,
} from "./inbox-device.ts";
import type { Deed } from "./inbox-plan.ts";
import { type FaultAct, ProxyFaults } from "./proxy-faults.ts";

export interface InboxSdk {
	readonly createClient: typeof import("@secureconnect/client").createClient;
}

interface View {
	readonly conversation: Conversation;
	readonly entries: { seq: number; messageId: string }[];
	isOpen: boolean;
}

export class SdkDevice implements Device {
	readonly options: DeviceOptions;
	readonly given: Given[] = [];
	readonly reads = new Map<string, Set<string>>();
	readonly complaints: string[] = [];
	readonly #client: ChatClient;
	readonly #faults: ProxyFaults;
	readonly #views = new Map<string, View>();
	readonly #past: Received[] = [];

	constructor(options: DeviceOptions, { createClient }: InboxSdk) {
		this.options = options;
		const { proxy, userId } = options;
		this.#faults = new ProxyFaults(proxy);
		this.#client = createClient({
			url: `http://${proxy.address}`,
			token: () => token(userId),
			userId,
		});
	}

	get connections(): number {
		return this.options.proxy.accepted;
	}
	get isSettled(): boolean {
		return (
			this.#client.inbox.state.name === "live" &&
			this.given.every(({ outcome }) => outcome) &&
			[...this.#views.values()].every(
				({ conversation: { state } }) =>
					state.name === "open" || state.name === "failed",
			)
		);
	}
	get rows(): ReadonlyMap<string, object> {
		const { state } = this.#client.inbox;
		const rows = "conversations" in state ? state.conversations : [];
		return new Map(rows.map((row) => [row.conversationId, row]));
	}
	get totals(): Totals {
		const { state } = this.#client.inbox;
		return "totalUnread" in state
			? { unread: state.totalUnread, mentions: state.totalMentions }
			: { unread: 0, mentions: 0 };
	}

	open(): void {
		const { inbox } = this.#client;
		inbox.on("change", () => this.#changed());
		inbox.on("invalid", ({ why }) => this.complaints.push(`invalid: ${why}`));
		inbox.on("reset", () => this.complaints.push("reset the list"));
	}

	suffer(fault: FaultAct): void {
		this.#faults.perform(fault);
	}

	heal(participates: ReadonlySet<string>): void {
		this.#faults.heal();
		for (const [id, { conversation }] of this.#views)
			if (!participates.has(id)) this.#close(id);
			else if (conversation.state.name !== "open") conversation.reconnect();
	}

	perform(id: string, { what, choice }: Deed): void {
		if (!this.rows.has(id)) return;
		const view = this.#views.get(id);
		if (what === "subscribe" && !view) this.#look(id);
		// A view that has read something stays, because it sends that read again until the server knows it.
		else if (
			what === "unsubscribe" &&
			view &&
			!this.reads.has(id) &&
			this.#isDone(id)
		)
			this.#close(id);
		else if (what === "send" && view)
			this.#sent(id, view, undefined, this.#content());
		else if (what === "read" && view) this.#read(id, view);
		else if (what === "delete" && view) {
			const own = this.given.flatMap(({ conversationId, target, outcome }) =>
				conversationId === id && !target && typeof outcome === "object"
					? outcome.messageId
					: [],
			);
			const target = own[choice % Math.max(1, own.length)];
			if (target) this.#sent(id, view, target, "");
		}
	}

	received(): readonly Received[] {
		return [
			...this.#past,
			...[...this.#views].flatMap(([id, view]) => record(id, view)),
		];
	}

	/** Reads the list with the library, so that both have its form. */
	async listed(): Promise<ReadonlyMap<string, InboxRow>> {
		const rows = new Map<string, InboxRow>();
		let after: string | null | undefined;
		while (after !== null) {
			const page = await this.#client.conversations.list({
				limit: 100,
				...(after === undefined ? {} : { after }),
			});
			for (const { metadata: _, ...row } of page.conversations)
				rows.set(row.conversationId, row);
			after = page.next;
		}
		return rows;
	}

	close(): void {
		this.#faults.heal();
		this.#client.close();
		this.options.proxy.close();
	}

	#changed(): void {
		void setImmediate().then(() => this.options.changed());
	}

	#content(): string {
		const { name, padding } = this.options;
		return `${name} ${this.given.length} ${"x".repeat(padding)}`;
	}

	#isDone(id: string): boolean {
		return this.given.every(
			({ conversationId, outcome }) => conversationId !== id || outcome,
		);
	}

	#look(id: string): void {
		const conversation = this.#client.conversation(id);
		const view: View = { conversation, entries: [], isOpen: true };
		this.#views.set(id, view);
		conversation.on("message", ({ seq, messageId }) => {
			view.entries.push({ seq, messageId });
			this.#changed();
		});
		conversation.on("state", () => this.#changed());
		conversation.on("missing", (gap) =>
			this.complaints.push(`${id} misses ${JSON.stringify(gap)}`),
		);
		conversation.on("reset", () => this.complaints.push(`${id} was reset`));
		conversation.on("invalid", ({ why }) =>
			this.complaints.push(`${id} got an invalid frame: ${why}`),
		);
	}

	#close(id: string): void {
		const view = this.#views.get(id);
		if (!view) return;
		view.isOpen = false;
		this.#past.push(...record(id, view));
		this.#views.delete(id);
		view.conversation.close();
	}

	#read(id: string, { conversation, entries }: View): void {
		const last = entries.at(-1);
		if (!last) return;
		this.reads.set(id, (this.reads.get(id) ?? new Set()).add(last.messageId));
		conversation.markAsRead(last.messageId);
	}

	#sent(
		id: string,
		{ conversation }: View,
		target: string | undefined,
		content: string,
	): void {
		const command = target
			? conversation.remove(target)
			: conversation.send(content);
		const given: Given = {
			clientMessageId: command.clientMessageId,
			conversationId: id,
			target,
			connection: undefined,
			outcome: undefined,
		};
		this.given.push(given);
		command.acknowledged
			.then(
				({ messageId, seq = 0 }) => {
					given.outcome = { messageId, seq };
				},
				({ code }: { code?: string }) => {
					// The view closed before the answer: the command may be stored.
					given.outcome = code === "closed" ? "unknown" : "refused";
				},
			)
			.finally(() => this.#changed());
	}
}

function record(
	conversationId: string,
	{ entries, isOpen, conversation }: View,
): Received[] {
	const [first] = entries;
	return first
		? [
				{
					conversationId,
					after: first.seq - 1,
					entries,
					isOpen: isOpen && conversation.state.name === "open",
					isWhole: false,
				},
			]
		: [];
}
