/** Lists of users over a real log and bus, with fake receivers that fold what they are sent. */
import { randomUUID } from "node:crypto";
import { LocalBus } from "../../src/bus/local.ts";
import { Commands } from "../../src/chat/commands.ts";
import { ConversationCommands } from "../../src/chat/conversation-commands.ts";
import {
	Inboxes,
	type InboxReceiver,
	type OpenInbox,
} from "../../src/chat/inbox/inboxes.ts";
import { processScheduler } from "../../src/fair/scheduler.ts";
import { Turns } from "../../src/fair/turns.ts";
import type { MessageLog } from "../../src/log/contract.ts";
import { GroupCommit } from "../../src/log/group-commit.ts";
import { SqliteLog } from "../../src/log/sqlite/sqlite-log.ts";
import { temporaryDirectory } from "./server.ts";

export interface Row {
	readonly conversation_id: string;
	readonly unread: number;
	readonly mentions: number;
	readonly archived: boolean;
	readonly muted_until: string | null;
	readonly last_message: Record<string, unknown> | null;
	readonly [field: string]: unknown;
}

interface Frame {
	readonly type: string;
	readonly conversations?: readonly Row[];
	readonly conversation?: Row;
	readonly conversation_id?: string;
	readonly total_unread: number;
	readonly total_mentions: number;
	readonly more?: boolean;
	readonly reason?: string;
	readonly [field: string]: unknown;
}

const SETTINGS = {
	maxParticipants: 100_000,
	maxUnansweredAdditions: 100_000,
	whoPins: "participants" as const,
};

/** Parts of a server that belong to lists. */
export class World {
	readonly log: MessageLog;
	readonly bus: LocalBus;
	readonly commands: Commands;
	readonly conversations: ConversationCommands;
	readonly inboxes: Inboxes;
	readonly errors: unknown[] = [];

	constructor(
		log: MessageLog,
		{ shown = log, now = Date.now }: WorldOptions = {},
	) {
		const onError = (error: unknown): void => {
			this.errors.push(error);
		};
		this.log = log;
		this.bus = new LocalBus(onError);
		const turns = new Turns(processScheduler);
		const commit = new GroupCommit(
			processScheduler,
			log,
			(entries) =>
				this.bus.publish(entries[0].conversationId, {
					kind: "entries",
					entries,
				}),
			onError,
		);
		this.commands = new Commands(
			commit,
			this.bus,
			SETTINGS,
			{ ...processScheduler, now },
			onError,
		);
		this.conversations = new ConversationCommands(
			this.commands,
			this.bus,
			log,
			SETTINGS,
			turns,
			now,
		);
		this.inboxes = new Inboxes(
			shown,
			this.bus,
			turns,
			{
				now,
				elapsed: () => performance.now(),
				after: (ms, work) => setTimeout(work, ms),
			},
			onError,
		);
	}

	static async open(options?: WorldOptions): Promise<World> {
		return new World(await SqliteLog.open(temporaryDirectory()), options);
	}

	/** Creates a conversation with an owner and other participants. */
	async create(...[userId = "", ...participantIds]: string[]): Promise<string> {
		const id = randomUUID();
		await this.commands.createConversation(
			id,
			{ userId, admin: false },
			{ title: "title", metadata: {}, participantIds },
		);
		return id;
	}

	/** Sends a message and returns its id. */
	async say(
		conversationId: string,
		userId: string,
		content = "hello",
		mentions?: { userIds: string[]; all: boolean },
	): Promise<string> {
		const { entry } = await this.commands.sendChat(conversationId, userId, {
			type: "chat",
			content,
			isEncrypted: false,
			messageType: "text",
			metadata: {},
			...(mentions ? { mentions } : {}),
		});
		return entry.messageId;
	}

	/** Opens an inbox and starts it. */
	async connect(userId: string): Promise<FakeClient> {
		const inbox = await this.inboxes.open(userId);
		const client = new FakeClient(inbox);
		client.start();
		return client;
	}

	async close(): Promise<void> {
		await this.commands.drain();
		await this.log.close();
	}
}

interface WorldOptions {
	/** Log that the lists read. */
	readonly shown?: MessageLog;
	readonly now?: () => number;
}

/** Receiver that folds frames into a list, like a client. */
export class FakeClient implements InboxReceiver {
	readonly inbox: OpenInbox;
	readonly frames: Frame[] = [];
	readonly rows = new Map<string, Row>();
	totals: readonly [unread: number, mentions: number] = [0, 0];
	isOpen = true;
	#isFull = false;
	#drained: (() => void)[] = [];

	constructor(inbox: OpenInbox) {
		this.inbox = inbox;
	}

	get isFull(): boolean {
		return this.#isFull;
	}

	start(): void {
		this.inbox.start(this, {
			limits: {} as never,
			intervals: {} as never,
			expiresAt: new Date(0).toISOString(),
		});
	}

	/** Takes nothing more until {@link drain}. */
	fill(): void {
		this.#isFull = true;
	}

	drain(): void {
		this.#isFull = false;
		for (const resolve of this.#drained.splice(0)) resolve();
	}

	drained(): Promise<void> {
		return this.#isFull
			? new Promise((resolve) => this.#drained.push(resolve))
			: Promise.resolve();
	}

	send(json: string): void {
		const frame = JSON.parse(json) as Frame;
		this.frames.push(frame);
		for (const row of frame.conversations ?? [])
			this.rows.set(row.conversation_id, row);
		if (frame.conversation)
			this.rows.set(frame.conversation.conversation_id, frame.conversation);
		if (frame.type === "conversation_removed")
			this.rows.delete(frame.conversation_id ?? "");
		this.totals = [frame.total_unread, frame.total_mentions];
	}

	close(): void {
		this.isOpen = false;
		this.inbox.close();
		this.drain();
	}

	types(): string[] {
		return this.frames.map(({ type }) => type);
	}
}
