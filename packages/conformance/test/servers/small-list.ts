/**
 * A small server's live list of conversations. It looks for changes several times a second, instead of hearing of them,
 * so that no other part of the server knows about lists.
 */
import type { WebSocket } from "ws";
import type { Identity } from "./small-door.ts";
import type { Conversation, Fields } from "./small-log.ts";
import { conversationsOf, listed } from "./small-rest.ts";
import { SmallServer } from "./small-server.ts";
import type { Connection } from "./small-talk.ts";

const ROW_EVERY_MS = 1000;
const MAX_ROWS = 100;
const MAX_LISTED_BYTES = 4096;
const LISTED_CHARACTERS = 1000;
export const MAX_SUBSCRIPTIONS = 200;

/** What the server sent last about a conversation of the list. */
interface Shown {
	json: string;
	stamp: string;
	at: number;
}

/** A connection for all conversations of a user. */
export interface Inbox {
	readonly ws: WebSocket;
	readonly seats: Map<string, Connection>;
	readonly shown: Map<string, Shown>;
	readonly identity: Identity;
	pongAt: number;
}

export abstract class SmallList extends SmallServer {
	/** Creates a connection that is in no conversation. */
	abstract nowhere(inbox: Inbox): Connection;

	greetInbox(inbox: Inbox): void {
		this.tell(inbox.ws, "inbox", this.snapshot(inbox));
	}

	/** Returns the first frame of a connection, and records what it shows. */
	snapshot(inbox: Inbox): Fields {
		const { identity } = inbox;
		const { userId } = identity;
		const all = conversationsOf(this, userId);
		const rows = this.firstRows(all).map((it) => this.row(it, userId));
		for (const conversation of all) this.show(inbox, conversation);
		const { limits, intervals } = this.welcome(this.nowhere(inbox), false);
		return {
			user_id: userId,
			epoch: this.epoch,
			conversations: rows,
			more: all.length > rows.length,
			...this.totals(userId),
			limits: { ...(limits as Fields), max_subscriptions: MAX_SUBSCRIPTIONS },
			intervals,
			expires_at: new Date(identity.expiresAt).toISOString(),
		};
	}

	firstRows(all: readonly Conversation[]): Conversation[] {
		return all.slice(0, MAX_ROWS);
	}

	row(conversation: Conversation, userId: string): Fields {
		const { metadata: _, ...row } = listed(this, conversation, userId);
		return { ...row, last_message: this.shortened(row.last_message) };
	}

	shortened(message: unknown): unknown {
		const { content } = (message ?? {}) as Fields;
		return Buffer.byteLength(JSON.stringify(message)) > MAX_LISTED_BYTES
			? {
					...(message as Fields),
					content: Array.from(String(content))
						.slice(0, LISTED_CHARACTERS)
						.join(""),
					metadata: {},
					truncated: true,
				}
			: message;
	}

	totals(userId: string): Fields {
		let [total_unread, total_mentions] = [0, 0];
		for (const conversation of conversationsOf(this, userId)) {
			if (!this.countsInTotals(conversation, userId)) continue;
			const counts = this.folds.counts(conversation, userId);
			total_unread += Number(counts.unread);
			total_mentions += Number(counts.mentions);
		}
		return { total_unread, total_mentions };
	}

	countsInTotals(conversation: Conversation, userId: string): boolean {
		const { archived, muted_until } = this.changes.settings(
			conversation,
			userId,
		);
		const muted = muted_until !== null && Date.parse(muted_until) > Date.now();
		return !archived && !muted;
	}

	/** Records what the list of a connection shows of a conversation. Returns the row if it is new. */
	show(inbox: Inbox, conversation: Conversation): Fields | undefined {
		const { shown, identity } = inbox;
		const stamp = this.stampOf(conversation, identity.userId);
		const before = shown.get(conversation.id);
		if (before?.stamp === stamp) return undefined;
		const now = performance.now();
		if (before && now - before.at < this.rowEveryMs()) return undefined;
		const row = this.row(conversation, identity.userId);
		const json = JSON.stringify(row);
		const at = before?.json === json ? before.at : now;
		shown.set(conversation.id, { json, stamp, at });
		return before?.json === json ? undefined : row;
	}

	rowEveryMs(): number {
		return ROW_EVERY_MS;
	}

	/** Returns text that changes with a row, at less cost than the row. */
	stampOf(conversation: Conversation, userId: string): string {
		return JSON.stringify([
			conversation.head,
			conversation.title,
			conversation.closed,
			conversation.roleOf(userId),
			this.changes.settings(conversation, userId),
			this.readStamp(conversation, userId),
		]);
	}

	readStamp({ read }: Conversation, userId: string): unknown {
		return read.get(userId)?.seq;
	}

	/** Sends the changes of a user's list. */
	look(inbox: Inbox): void {
		const { ws, shown, identity } = inbox;
		const { userId } = identity;
		const mine = conversationsOf(this, userId);
		const ids = new Set(mine.map(({ id }) => id));
		for (const id of shown.keys()) {
			if (ids.has(id)) continue;
			shown.delete(id);
			this.tell(ws, "conversation_removed", {
				conversation_id: id,
				reason: this.deleted.has(id) ? "deleted" : "removed",
				...this.totals(userId),
			});
		}
		const rows: Fields[] = [];
		for (const conversation of mine) {
			const isKnown = shown.has(conversation.id);
			const row = this.show(inbox, conversation);
			if (row && isKnown) rows.push(row);
			else if (row) this.announce(inbox, row);
		}
		if (rows.length > 0)
			this.tell(ws, "inbox_changed", {
				conversations: rows,
				...this.totals(userId),
			});
	}

	announce({ ws, identity }: Inbox, conversation: Fields): void {
		this.tell(ws, "conversation_added", {
			conversation,
			...this.totals(identity.userId),
		});
	}

	tell(ws: WebSocket, type: string, fields: Fields): void {
		const timestamp = new Date().toISOString();
		ws.send(JSON.stringify({ type, ...fields, timestamp }));
	}
}
