/** A user's client in a fault schedule, and its records for the audit. */
import { setImmediate } from "node:timers/promises";
import type {
	ChatClient,
	Conversation,
	ConversationEntry,
	Message,
	SentMessage,
} from "@secureconnect/client";
import { token } from "../../../server/test/support/token.ts";
import type { Act, ActorPlan } from "./chaos-plan.ts";
import type { FaultyProxy } from "./faulty-proxy.ts";
import { ProxyFaults } from "./proxy-faults.ts";

/** The SDK under test, or a copy of it with a bug. */
export interface Sdk {
	readonly createClient: typeof import("@secureconnect/client").createClient;
	readonly fileOutbox: typeof import("@secureconnect/client/file-outbox").fileOutbox;
}

export interface ActorOptions {
	readonly sdk: Sdk;
	readonly name: string;
	readonly plan: ActorPlan;
	readonly userId: string;
	readonly conversationId: string;
	readonly proxy: FaultyProxy;
	readonly protocol: "v1" | "seed";
	/** File of the client's outbox. */
	readonly file: string;
	/** Signals a change that a test may wait for. */
	changed(): void;
}

/** Messages that one view received during one run of its client. */
export type Stream = Message[];

export class Actor {
	readonly options: ActorOptions;
	/** Contents, in the order in which they were written. */
	readonly written: string[] = [];
	/** Messages of the client's current run, since its last restart. */
	handles: SentMessage[] = [];
	/** Number of acknowledgements for each `clientMessageId`. */
	readonly acknowledged = new Map<string, number>();
	/** One stream per view and run. */
	readonly streams: Stream[] = [];
	readonly complaints: string[] = [];
	/** Messages that returned to the queue because a connection closed. */
	repeats = 0;
	connections = 0;
	/** Number of connections that were frozen permanently. */
	frozen = 0;
	/** Whether the client has received its welcome. From then on it must miss no entry. */
	isReady = false;
	/** Entries of `history` for a client that joined late, newest first. */
	joined: ConversationEntry[] | undefined;
	#client: ChatClient | undefined;
	#store: ReturnType<Sdk["fileOutbox"]> | undefined;
	#views: Conversation[] = [];
	#doing: Promise<unknown> = Promise.resolve();
	readonly #faults: ProxyFaults;

	constructor(options: ActorOptions) {
		this.options = options;
		this.#faults = new ProxyFaults(options.proxy);
	}

	get view(): Conversation {
		const [view] = this.#views;
		if (!view) throw new Error(`${this.options.name} was not opened`);
		return view;
	}
	/** The newest stream, which belongs to the current run. */
	get latest(): Stream {
		return this.streams.at(-1) ?? [];
	}

	open(): void {
		const { sdk, plan, proxy, userId, protocol, file } = this.options;
		const isKept = plan.role === "kept";
		this.#store = isKept ? sdk.fileOutbox(file) : undefined;
		this.#client = sdk.createClient({
			url: `http://${proxy.address}`,
			token: () => token(userId),
			protocol,
			...(this.#store ? { outbox: this.#store } : {}),
			// Some applications know the user's id before they have a token; stored messages then load at once.
			...(isKept && plan.first % 2 === 0 ? { userId } : {}),
		});
		this.#views = [];
		for (let i = 0; i < plan.views; i++) this.#look(this.#client);
	}

	#look(client: ChatClient): void {
		const { conversationId, changed } = this.options;
		const view = client.conversation(conversationId);
		const stream: Stream = [];
		this.streams.push(stream);
		view.on("message", (message) => {
			stream.push(message);
			changed();
		});
		this.#views.push(view);
		if (this.#views.length > 1) return;
		view.on("outbox", ({ status, clientMessageId }) => {
			if (status === "acknowledged") {
				const count = this.acknowledged.get(clientMessageId) ?? 0;
				this.acknowledged.set(clientMessageId, count + 1);
			}
			changed();
		});
		const sent = new Set<string>();
		view.on("outbox", ({ status, clientMessageId }) => {
			if (status === "sent") sent.add(clientMessageId);
			else if (status === "queued" && sent.delete(clientMessageId))
				this.repeats++;
		});
		view.on("state", (state) => {
			if (state.name === "open") this.connections++;
			if (state.name === "failed" || state.name === "given_up")
				this.complaints.push(`is ${JSON.stringify(state)}`);
			changed();
		});
		view.on("ready", () => {
			this.isReady = true;
			changed();
		});
		view.on("error", ({ code, message }) => {
			if (code !== "unavailable" && code !== "draining")
				this.complaints.push(`was refused: ${code} ${message}`);
		});
		for (const event of ["invalid", "missing", "reset", "storage"] as const)
			view.on(event, (what) =>
				this.complaints.push(`${event}: ${String(JSON.stringify(what))}`),
			);
	}

	write(count: number): void {
		const { name } = this.options;
		const views = this.#views;
		for (let i = 0; i < count; i++) {
			const content = `${name}: ${this.written.length}`;
			const view = views[this.written.length % views.length];
			this.written.push(content);
			const handle = view?.send(content);
			if (handle) this.handles.push(handle);
		}
	}

	perform(act: Act): void {
		switch (act.kind) {
			case "write":
				this.later(act.count);
				break;
			case "restart":
				this.restart();
				break;
			case "join":
				this.join();
				break;
			default:
				this.#faults.perform(act);
		}
	}

	/** Ends the faults of its network. */
	heal(): void {
		this.#faults.heal();
	}

	/** Freezes its connection permanently if the plan says so. */
	freeze(): void {
		const { plan, proxy } = this.options;
		if (plan.freeze) this.frozen += proxy.freeze(plan.freeze);
	}

	/** Writes messages after the current action. */
	later(count: number): void {
		this.#do(async () => this.write(count));
	}

	/** Simulates a process that ends normally and starts again. */
	restart(): void {
		this.#do(async () => {
			await this.#identified();
			this.#client?.close();
			await setImmediate();
			this.#store?.close();
			this.handles = [];
			this.open();
			this.write(1);
		});
	}

	/** Waits until the user's id is known; without it no message can be stored. */
	#identified(): Promise<void> {
		return new Promise((resolve) => {
			const check = (): void => {
				if (this.view.userId === undefined) return;
				off();
				resolve();
			};
			const off = this.view.on("state", check);
			check();
		});
	}

	/** Opens the conversation, and reads the earlier entries with as many attempts as needed. */
	join(): void {
		this.open();
		this.write(this.options.plan.first);
		const entries: ConversationEntry[] = [];
		this.#do(async () => {
			this.joined = await this.history(entries);
		});
	}

	/** Reads the entries before its stream, newest first. */
	async history(
		entries: ConversationEntry[] = [],
	): Promise<ConversationEntry[]> {
		for (;;)
			try {
				const last = entries.at(-1)?.seq;
				const options = last === undefined ? {} : { before: last };
				for await (const entry of this.view.history(options))
					entries.push(entry);
				return entries;
			} catch (error) {
				// No connection, a dead connection, or a stopping server. Any other error is a bug.
				const { name, status } = error as Error & { status?: number };
				if (name !== "TypeError" && name !== "TimeoutError" && status !== 503)
					throw error;
				await setImmediate();
			}
	}

	/** Resolves when the client has performed all its actions. */
	async idle(): Promise<void> {
		await this.#doing;
	}

	close(): void {
		this.heal();
		this.#client?.close();
		this.#store?.close();
		this.options.proxy.close();
	}

	#do(work: () => Promise<void>): void {
		this.#doing = this.#doing.then(work).catch((error: unknown) => {
			this.complaints.push(`could not: ${String(error)}`);
		});
	}
}
