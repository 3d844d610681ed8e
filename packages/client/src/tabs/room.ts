import type { EntryPlace, Start } from "./messages.ts";
import { RecentEntries } from "./recent.ts";
import { textOf, type WireFrame } from "./wire.ts";

/** The holder's side of the socket. */
export interface HubPort {
	/** Sends a frame to the server. */
	send(text: string): void;
	/** Delivers a frame of the server to tabs. */
	deliver(to: readonly string[], text: string, entry?: EntryPlace): void;
}

/** A request for a subscription. */
interface Request {
	readonly tab: string;
	readonly text: string;
	/** Undefined: after the newest entry. */
	readonly start: Start | undefined;
}

/** Errors that refuse a subscription. An unknown cursor does not: the server subscribes without a replay. */
const REFUSALS: readonly unknown[] = [
	"not_participant",
	"limit_reached",
	"invalid_frame",
	"draining",
	"unavailable",
];

const UNKNOWN: Start = { seq: undefined, id: undefined };

/**
 * One conversation on the shared socket: one subscription, which several tabs see as their own. Every tab has its own
 * position, and receives each entry after it once.
 */
export class Room {
	readonly #id: string;
	readonly #port: HubPort;
	/** For each tab with a subscription, the `seq` of the newest entry that it has. */
	readonly #members = new Map<string, number>();
	#waiting: Request[] = [];
	/** The request that the server has not answered. */
	#asked: Request | undefined;
	#isLive = false;
	/** Number of `unsubscribe` frames that the server has not answered. */
	#leaving = 0;
	#subscribed: WireFrame = {};
	#head = 0;
	#recent = new RecentEntries(UNKNOWN);
	#present = new Map<unknown, WireFrame>();
	#presentCount = 0;
	/** Newest `read` frame of each user since the server's list of watermarks. */
	readonly #reads = new Map<unknown, string>();
	/** The frame about the user's own presence, which follows `subscribed`. */
	#greeting: string | undefined;
	/** Tab that receives the frame about the user's own presence; the others have it. */
	#greeted: string | undefined;

	constructor(id: string, port: HubPort) {
		this.#id = id;
		this.#port = port;
	}

	get members(): readonly string[] {
		return [...this.#members.keys()];
	}

	/** Gives a tab a subscription. */
	join(request: Request): void {
		this.#waiting.push(request);
		this.#serve();
	}

	/** Ends a tab's subscription. The last one ends that of the socket. */
	part(tab: string): void {
		this.#members.delete(tab);
		this.#waiting = this.#waiting.filter((it) => it.tab !== tab);
		if (this.#asked?.tab === tab) this.#asked = { ...this.#asked, tab: "" };
		const isNeeded =
			this.#members.size > 0 || this.#waiting.length > 0 || this.#asked?.tab;
		if (!isNeeded && (this.#isLive || this.#asked)) this.#leave();
	}

	/** Handles a frame of the server. */
	take(frame: WireFrame, text: string): void {
		if (this.#leaving > 0) {
			// The frames of a subscription that was given up.
			if (frame.type === "unsubscribed" && frame.reason === undefined)
				this.#leaving--;
			return;
		}
		switch (frame.type) {
			case "subscribed":
				this.#begin(frame, text);
				break;
			case "unsubscribed":
				if (frame.reason !== undefined) this.#end(text);
				break;
			case "error":
				this.#error(frame, text);
				break;
			case "typing":
			case "read":
			case "user_joined":
			case "user_left":
				if (this.#isLive) this.#signal(frame, text);
				break;
			default:
				if (this.#isLive) this.#entry(frame, text);
		}
	}

	#serve(): void {
		// A replay in progress is the next tab's replay, too.
		while (!this.#asked && !this.#isReplaying) {
			const request = this.#waiting.shift();
			if (!request) return;
			const { start } = request;
			const missed = start ? this.#recent.after(start) : [];
			if (this.#isLive && missed) {
				const before = missed[0] ? missed[0].seq - 1 : this.#recent.last;
				this.#admit(request.tab, start && (before ?? -1));
				for (const { seq, id, text } of missed)
					this.#pass(request.tab, seq, id, text);
			} else {
				if (this.#isLive) this.#leave();
				this.#asked = request;
				this.#port.send(request.text);
			}
		}
	}

	get #isReplaying(): boolean {
		const { last } = this.#recent;
		return this.#isLive && last !== undefined && last < this.#head;
	}

	#leave(): void {
		this.#reset();
		this.#leaving++;
		this.#port.send(this.#frame("unsubscribe"));
	}

	#begin(frame: WireFrame, text: string): void {
		const asked = this.#asked;
		if (!asked) return;
		this.#asked = undefined;
		this.#isLive = true;
		this.#subscribed = frame;
		this.#head = Number(frame.head_seq);
		const { start } = asked;
		const isRecovered = frame.recovered === true && start !== undefined;
		this.#recent = new RecentEntries(
			isRecovered ? start : { seq: this.#head, id: undefined },
		);
		this.#present = new Map(
			(Array.isArray(frame.present) ? frame.present : []).map(
				(user: WireFrame) => [user.user_id, user],
			),
		);
		this.#presentCount = Number(frame.present_count);
		this.#reads.clear();
		this.#greeting = undefined;
		this.#greeted = asked.tab;
		// The other tabs missed what the server does not replay.
		const from = isRecovered ? (start.seq ?? this.#head) : this.#head;
		this.#interrupt((seq) => seq < from);
		if (asked.tab) {
			this.#members.set(
				asked.tab,
				isRecovered ? (start.seq ?? -1) : this.#head,
			);
			this.#port.deliver([asked.tab], text);
		}
		this.#serve();
	}

	#end(text: string): void {
		const waiting = [...this.#waiting, this.#asked].flatMap((it) =>
			it?.tab ? it.tab : [],
		);
		this.#port.deliver([...new Set([...this.members, ...waiting])], text);
		this.#members.clear();
		this.#waiting = [];
		this.#reset();
	}

	#reset(): void {
		this.#isLive = false;
		this.#asked = undefined;
		this.#recent = new RecentEntries(UNKNOWN);
	}

	/** Ends subscriptions as a server does that cannot serve them now. The tabs subscribe again. */
	#interrupt(test: (seq: number) => boolean): void {
		const tabs = this.members.filter((tab) =>
			test(this.#members.get(tab) ?? 0),
		);
		if (tabs.length === 0) return;
		for (const tab of tabs) this.#members.delete(tab);
		this.#port.deliver(tabs, this.#frame("unsubscribed", "unavailable"));
	}

	#error(frame: WireFrame, text: string): void {
		const asked = this.#asked;
		if (!asked) {
			this.#port.deliver(this.members, text);
			return;
		}
		this.#port.deliver([asked.tab], text);
		if (!REFUSALS.includes(frame.code)) return;
		this.#asked = undefined;
		this.#interrupt(() => true);
		this.#serve();
	}

	/** Subscribes a tab without the server. @param after `seq` of its newest entry, if it has a cursor */
	#admit(tab: string, after: number | undefined): void {
		const head = Math.max(this.#head, this.#recent.last ?? 0);
		this.#members.set(tab, after ?? head);
		const state = {
			...this.#subscribed,
			head_seq: head,
			recovered: after !== undefined,
			present: [...this.#present.values()],
			present_count: this.#presentCount,
			timestamp: new Date().toISOString(),
		};
		for (const text of [
			JSON.stringify(state),
			...(this.#greeting === undefined ? [] : [this.#greeting]),
			...this.#reads.values(),
		])
			this.#port.deliver([tab], text);
	}

	#signal(frame: WireFrame, text: string): void {
		const { sender_id: user, name } = frame;
		if (frame.type === "read") this.#reads.set(user, text);
		if (frame.type === "user_joined" && !this.#present.has(user)) {
			this.#present.set(user, { user_id: user, ...(name ? { name } : {}) });
			this.#presentCount++;
		}
		if (frame.type === "user_left")
			if (this.#present.delete(user) || this.#presentCount > this.#present.size)
				this.#presentCount--;
		const greeted = this.#greeted;
		this.#greeted = undefined;
		if (greeted !== undefined && frame.type === "user_joined") {
			this.#greeting = text;
			if (greeted) this.#port.deliver([greeted], text);
		} else this.#port.deliver(this.members, text);
	}

	#entry(frame: WireFrame, text: string): void {
		const { seq, message_id } = frame;
		if (typeof seq !== "number") {
			this.#port.deliver(this.members, text);
			return;
		}
		const id = textOf(message_id);
		this.#recent.add(seq, id, text);
		this.#passAll(seq, id, text);
		if (!this.#isReplaying) this.#serve();
	}

	#passAll(seq: number, id: string | undefined, text: string): void {
		const tabs = this.members.filter(
			(tab) => seq > (this.#members.get(tab) ?? 0),
		);
		for (const tab of tabs) this.#members.set(tab, seq);
		this.#deliver(tabs, seq, id, text);
	}

	#pass(tab: string, seq: number, id: string | undefined, text: string): void {
		this.#members.set(tab, seq);
		this.#deliver([tab], seq, id, text);
	}

	#deliver(
		tabs: readonly string[],
		seq: number,
		messageId: string | undefined,
		text: string,
	): void {
		const conversationId = this.#id;
		this.#port.deliver(tabs, text, { conversationId, messageId, seq });
	}

	#frame(type: string, reason?: string): string {
		return JSON.stringify({
			type,
			conversation_id: this.#id,
			...(reason && { reason, timestamp: new Date().toISOString() }),
		});
	}
}
