/** A client of the library: a timeline for each view, and commands through the outbox. */
import { setImmediate } from "node:timers/promises";
import type {
	ChatClient,
	Conversation,
	ConversationTimeline,
	SentCommand,
	SentMessage,
} from "@secureconnect/client";
import type { MessageRow, TimelineRow } from "@secureconnect/client/timeline";
import { token } from "../../../server/test/support/token.ts";
import type { AmendingClient, ClientOptions } from "./amending-client.ts";
import { commandOf, type Given } from "./amending-commands.ts";
import type { ClientAct, Deed } from "./amending-plan.ts";
import { defined, type Row, rowOf, type Wire } from "./amending-rows.ts";
import type { Sdk } from "./chaos-actor.ts";
import { ProxyFaults } from "./proxy-faults.ts";
import { passed } from "./restarted-server.ts";

/** Delay before the history is requested again. */
const RETRY_MS = 30;

/** The SDK under test, or a copy of it with a bug. */
export interface TimelineSdk extends Sdk {
	readonly timelineOf: typeof import("@secureconnect/client").timelineOf;
}

export interface SdkOptions extends ClientOptions {
	readonly sdk: TimelineSdk;
	/** File of the client's outbox. */
	readonly file: string;
}

interface View {
	readonly conversation: Conversation;
	readonly timeline: ConversationTimeline;
	/** Number of this run's commands before the view opened. It shows them once it has loaded the history. */
	readonly earlier: number;
}

export class SdkClient implements AmendingClient {
	readonly options: SdkOptions;
	readonly given: Given[] = [];
	readonly complaints: string[] = [];
	connections = 0;
	isReady = false;
	#client: ChatClient | undefined;
	#store: ReturnType<Sdk["fileOutbox"]> | undefined;
	#views: View[] = [];
	/** This run's commands, and the handles with their status. */
	#handles = new Map<Given, SentCommand>();
	#doing: Promise<unknown> = Promise.resolve();
	readonly #faults: ProxyFaults;

	constructor(options: SdkOptions) {
		this.options = options;
		this.#faults = new ProxyFaults(options.proxy);
	}

	get isSettled(): boolean {
		return (
			this.isReady && [...this.#handles.keys()].every(({ outcome }) => outcome)
		);
	}

	open(): void {
		const { sdk, plan, proxy, userId, file } = this.options;
		this.#store = plan.role === "kept" ? sdk.fileOutbox(file) : undefined;
		this.#client = sdk.createClient({
			url: `http://${proxy.address}`,
			token: () => token(userId),
			userId,
			...(this.#store ? { outbox: this.#store } : {}),
		});
		this.#views = [];
		this.#look();
	}

	perform(act: ClientAct): void {
		switch (act.kind) {
			case "do":
				this.#do(async () => {
					for (const deed of act.deeds) this.#give(deed);
				});
				break;
			case "join":
				this.open();
				this.#do(() => this.#load());
				break;
			case "restart":
				this.#do(() => this.#restart());
				break;
			case "look":
				this.#do(async () => this.#look());
				break;
			case "load":
				this.#do(() => this.#loadPage(0));
				break;
			default:
				this.#faults.perform(act);
		}
	}

	async heal(): Promise<void> {
		this.#faults.heal();
		await this.#doing;
		// The outbox is a queue: what earlier runs left in the file has an outcome before this message has one.
		this.#give({ what: "send", back: 0, choice: 1 });
		await this.#load();
	}

	shows(messageId: string): boolean {
		return this.#views.every(({ timeline }) => timeline.get(messageId));
	}

	views(): readonly (readonly Row[])[] {
		return this.#views.map(({ timeline }) =>
			timeline
				.rows()
				.filter((row) => !("status" in row) || row.status !== "failed")
				.map((row) => rowOf(wireOf(row))),
		);
	}

	close(): void {
		this.#faults.heal();
		this.#client?.close();
		this.#store?.close();
		this.options.proxy.close();
	}

	#look(): void {
		if (!this.#client) return;
		const { conversationId, changed, sdk } = this.options;
		const conversation = this.#client.conversation(conversationId);
		const timeline = sdk.timelineOf(conversation);
		const isFirst = this.#views.length === 0;
		const view = { conversation, timeline, earlier: this.#handles.size };
		this.#views.push(view);
		timeline.onChange(() => {
			this.#glance(view);
			changed();
		});
		if (!isFirst) return;
		conversation.on("state", (state) => {
			if (state.name === "open") this.connections++;
			if (state.name === "failed" || state.name === "given_up")
				this.complaints.push(`is ${JSON.stringify(state)}`);
		});
		conversation.on("ready", () => {
			this.isReady = true;
			changed();
		});
		for (const event of ["invalid", "missing", "reset", "storage"] as const)
			conversation.on(event, (what) =>
				this.complaints.push(`${event}: ${String(JSON.stringify(what))}`),
			);
	}

	#give(deed: Deed): void {
		const [view] = this.#views;
		const [rows = []] = this.views();
		const number = this.given.length;
		const command = commandOf(
			deed,
			// A message without an id cannot be amended yet.
			rows.filter(({ seq }) => seq > 0),
			this.options,
			number,
		);
		if (!command || !view) return;
		const handle = send(view.conversation, command);
		const { clientMessageId } = handle;
		const given: Given = { clientMessageId, command, outcome: undefined };
		this.given.push(given);
		this.#handles.set(given, handle);
		handle.acknowledged.then(
			({ messageId, seq }) => {
				given.outcome = { messageId, seq: Number(seq) };
				this.options.changed();
			},
			({ code }: { code: string }) => {
				// The program ended before an answer.
				if (code !== "closed") given.outcome = { code };
				this.options.changed();
			},
		);
		for (const each of this.#views) this.#isShown(given, each);
	}

	/** Checks that a command shows at once. */
	#isShown({ command, clientMessageId }: Given, view: View): void {
		this.#glance(view);
		const row = view.timeline.get(String(command.target_id));
		if (row?.kind !== "message") return;
		const { type, reaction, on } = command;
		const mine = row.reactions.find((mark) => mark.reaction === reaction);
		const isRight =
			row.deleted ||
			(type === "edit" && row.content === command.content) ||
			(type === "reaction" && (mine?.me ?? false) === on) ||
			(type === "pin" && row.pinned === on);
		if (!isRight)
			this.complaints.push(`does not show ${type} ${clientMessageId} at once`);
	}

	/** Checks what holds at every moment: order, keys, and each message of this run in its place. */
	#glance({ timeline, earlier }: View): void {
		const keys = new Set<string>();
		const shown = new Set<string | undefined>();
		let last = 0;
		for (const row of timeline.rows()) {
			const seq = row.seq || Number.POSITIVE_INFINITY;
			if (seq < last) this.complaints.push(`${row.key} is out of order`);
			if (keys.has(row.key)) this.complaints.push(`${row.key} shows twice`);
			keys.add(row.key);
			last = seq;
			if (row.kind === "message") shown.add(row.clientMessageId);
		}
		const own = [...this.#handles.keys()].slice(earlier);
		for (const { command, clientMessageId } of own)
			if (command.type === "chat" && !shown.has(clientMessageId))
				this.complaints.push(`does not show its message ${clientMessageId}`);
	}

	/** Simulates a process that ends normally and starts again. */
	async #restart(): Promise<void> {
		this.#client?.close();
		await setImmediate();
		this.#store?.close();
		this.#handles = new Map();
		this.isReady = false;
		this.open();
		await this.#loadPage(0);
	}

	/** Loads the whole history of every view. */
	async #load(): Promise<void> {
		for (const [i, { timeline }] of this.#views.entries())
			while (timeline.hasOlder) await this.#loadPage(i);
	}

	/** Loads a page with as many attempts as needed. */
	async #loadPage(view: number): Promise<void> {
		for (;;)
			try {
				await this.#views[view]?.timeline.loadOlder();
				return;
			} catch (error) {
				// No connection, a dead connection, or a stopping server. Any other error is a bug.
				const { name, status } = error as Error & { status?: number };
				if (name !== "TypeError" && name !== "TimeoutError" && status !== 503)
					throw error;
				await passed(RETRY_MS);
			}
	}

	#do(work: () => Promise<void>): void {
		this.#doing = this.#doing.then(work).catch((error: unknown) => {
			this.complaints.push(`could not: ${String(error)}`);
		});
	}
}

function send(
	conversation: Conversation,
	command: Wire,
): SentCommand | SentMessage {
	const { type, content, reaction, on, metadata } = command;
	const target = String(command.target_id);
	const mentioned = command.mentions as { user_ids: string[] } | undefined;
	const mentions = mentioned && { userIds: mentioned.user_ids };
	switch (type) {
		case "chat":
			return conversation.send(String(content), {
				metadata: metadata as Record<string, unknown>,
				...(mentions ? { mentions } : {}),
				...(command.reply_to ? { replyTo: String(command.reply_to) } : {}),
				...(command.thread_id ? { threadId: String(command.thread_id) } : {}),
			});
		case "edit":
			return conversation.edit(target, String(content), {
				...(mentions ? { mentions } : {}),
				...(command.if_version === undefined
					? {}
					: { ifVersion: Number(command.if_version) }),
			});
		case "delete":
			return conversation.remove(target);
		case "reaction":
			return conversation.react(target, String(reaction), on === true);
		default:
			return conversation.pin(target, on === true);
	}
}

/** Returns a row as the server's timeline would send it. */
function wireOf(row: TimelineRow): Wire {
	const place = {
		seq: row.seq,
		sender_id: row.senderId,
		message_id: row.kind === "message" ? row.messageId : row.entry.messageId,
	};
	if (row.kind === "notice") return { ...place, type: row.entry.type };
	return { ...place, type: "chat", ...messageOf(row) };
}

function messageOf(row: MessageRow): Wire {
	const { mentions, thread, editedAt } = row;
	return {
		client_message_id: row.clientMessageId,
		content: row.content,
		is_encrypted: row.isEncrypted,
		message_type: row.messageType,
		metadata: row.metadata,
		mentions:
			mentions && defined({ user_ids: mentions.userIds, all: mentions.all }),
		reply_to: row.replyTo,
		thread_id: row.threadId,
		version: row.version,
		edited_at: editedAt === undefined ? undefined : timeOf(editedAt),
		deleted: row.deleted,
		reactions: row.reactions.map(({ reaction, count, me, userIds }) => ({
			reaction,
			count,
			me,
			user_ids: userIds,
		})),
		pinned: row.pinned,
		thread: thread && {
			count: thread.count,
			last_at: timeOf(thread.lastAt),
			user_ids: thread.userIds,
		},
		// Only for the comparison: none may be left at the end.
		...(row.isPending ? { is_pending: true } : {}),
	};
}

function timeOf(ms: number): string {
	return new Date(ms).toISOString();
}
