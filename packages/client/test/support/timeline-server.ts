/** Model of a server: the rules of entries and amendments on a plain array. It shares no code with the client. */
import type {
	LogEntry,
	MessageRow,
	TimelineRow,
} from "@secureconnect/client/timeline";

/** What a user asks for. Text is unique in a schedule, so that text that must not be visible is recognised. */
export type Wish = { readonly cmid: string; readonly user: string } & (
	| {
			readonly type: "chat";
			readonly text: string;
			readonly replyTo?: string | undefined;
			readonly threadId?: string | undefined;
	  }
	| { readonly type: "edit"; readonly target: string; readonly text: string }
	| { readonly type: "delete"; readonly target: string }
	| {
			readonly type: "reaction";
			readonly target: string;
			readonly name: string;
			readonly on: boolean;
	  }
	| { readonly type: "pin"; readonly target: string; readonly on: boolean }
	| { readonly type: "participant_removed" | "poll" }
);

export interface Stored {
	readonly seq: number;
	readonly id: string;
	readonly at: number;
	readonly wish: Wish;
}

export type Answer =
	| {
			readonly kind: "entry" | "ack";
			readonly id: string;
			readonly seq: number;
	  }
	| { readonly kind: "refused" };

interface Told {
	readonly chat: Stored;
	text: string;
	version: number;
	editedAt: number;
	deleted: boolean;
	pinned: boolean;
	/** Users of each reaction, in the order in which they set it, and the most users at any time. */
	readonly reactions: Map<string, { users: string[]; most: number }>;
	replies: Told[];
}

const MODERATOR = "u0";
const iso = (at: number): string => new Date(at).toISOString();

export class ModelServer {
	readonly log: Stored[] = [];
	readonly #answers = new Map<string, Answer>();
	readonly #states = new Map<number, Map<string, Told>>();

	get head(): number {
		return this.log.length;
	}

	/** Whether the wish has an entry, or was found to change nothing. */
	hasTaken({ user, cmid }: Wish): boolean {
		return this.#answers.has(`${user} ${cmid}`);
	}

	/** Decides about a wish and stores its entry. A repeat gets the first answer. */
	take(wish: Wish, at: number): Answer {
		const id = `${wish.user} ${wish.cmid}`;
		const first = this.#answers.get(id);
		if (first)
			return first.kind === "entry" ? { ...first, kind: "ack" } : first;
		const answer = this.#decide(wish) ?? this.#append(wish, at);
		// A refusal is not remembered: it changed nothing.
		if (answer.kind !== "refused") this.#answers.set(id, answer);
		return answer;
	}

	#append(wish: Wish, at: number): Answer {
		const seq = this.head + 1;
		const id = `m${seq}`;
		this.log.push({ seq, id, at, wish });
		return { kind: "entry", id, seq };
	}

	#decide(wish: Wish): Answer | undefined {
		if (!("target" in wish)) return undefined;
		const told = this.state(this.head).get(wish.target);
		if (!told || told.deleted) return { kind: "refused" };
		const isAuthor = told.chat.wish.user === wish.user;
		if (wish.type === "edit") return isAuthor ? undefined : { kind: "refused" };
		if (wish.type === "delete")
			return isAuthor || wish.user === MODERATOR
				? undefined
				: { kind: "refused" };
		const isOn =
			wish.type === "pin"
				? told.pinned
				: (told.reactions.get(wish.name)?.users.includes(wish.user) ?? false);
		if (isOn !== wish.on) return undefined;
		const setting = this.log.findLast(
			({ wish: other }) =>
				other.type === wish.type &&
				other.target === wish.target &&
				(other.type === "pin" ||
					wish.type === "pin" ||
					(other.name === wish.name && other.user === wish.user)),
		);
		const { id, seq } = setting ?? told.chat;
		return { kind: "ack", id, seq };
	}

	/** Returns all messages with what the entries up to `asOf` amount to. */
	state(asOf: number): Map<string, Told> {
		const known = this.#states.get(asOf);
		if (known) return known;
		const all = new Map<string, Told>();
		for (const stored of this.log.slice(0, asOf)) {
			const { wish, seq, id, at } = stored;
			if (wish.type === "chat") {
				const told: Told = {
					chat: stored,
					text: wish.text,
					version: 0,
					editedAt: 0,
					deleted: false,
					pinned: false,
					reactions: new Map(),
					replies: [],
				};
				all.set(id, told);
				all.get(wish.threadId ?? "")?.replies.push(told);
			}
			if (!("target" in wish)) continue;
			const told = all.get(wish.target);
			if (!told) throw new Error("an amendment of nothing");
			switch (wish.type) {
				case "edit":
					told.text = wish.text;
					told.version = seq;
					told.editedAt = at;
					break;
				case "delete":
					told.deleted = true;
					told.pinned = false;
					told.reactions.clear();
					break;
				case "pin":
					told.pinned = wish.on;
					break;
				case "reaction": {
					const mark = told.reactions.get(wish.name) ?? { users: [], most: 0 };
					told.reactions.set(wish.name, mark);
					mark.users = mark.users.filter((user) => user !== wish.user);
					if (wish.on) mark.users.push(wish.user);
					mark.most = Math.max(mark.most, mark.users.length);
				}
			}
		}
		this.#states.set(asOf, all);
		return all;
	}

	/**
	 * Returns an entry's frame, read when the log's head was `asOf`.
	 * @param names whether an edit's frame names the version of its content
	 */
	frame({ seq, id, at, wish }: Stored, asOf: number, names = true): LogEntry {
		if (wish.type === "poll") return { seq };
		const now = this.state(asOf);
		const entry = {
			type: wish.type,
			seq,
			messageId: id,
			senderId: wish.user,
			timestamp: iso(at),
			clientMessageId: wish.cmid,
		};
		if (wish.type === "participant_removed")
			return { ...entry, userId: "gone" };
		const told = now.get("target" in wish ? wish.target : id);
		if (!told) throw new Error("read before it was stored");
		const content = {
			content: told.deleted ? "" : told.text,
			isEncrypted: false,
			messageType: "text",
			metadata: told.deleted ? {} : { text: told.text },
			...(told.version === 0 || told.deleted
				? {}
				: { version: told.version, editedAt: iso(told.editedAt) }),
			...(told.deleted ? { deleted: true } : {}),
		};
		switch (wish.type) {
			case "chat":
				return {
					...entry,
					...content,
					...(wish.replyTo === undefined ? {} : { replyTo: wish.replyTo }),
					...(wish.threadId === undefined ? {} : { threadId: wish.threadId }),
				};
			case "edit": {
				const { version: _, editedAt: __, deleted: ___, ...plain } = content;
				return {
					...entry,
					...(names ? content : plain),
					targetId: wish.target,
				};
			}
			case "delete":
				return { ...entry, targetId: wish.target };
			case "reaction":
				return {
					...entry,
					targetId: wish.target,
					reaction: told.deleted ? "" : wish.name,
					on: wish.on,
				};
			case "pin":
				return { ...entry, targetId: wish.target, on: wish.on };
		}
	}

	/** Returns the entries `from` to `to` as a page of the timeline, read by a user when the head was `asOf`. */
	timeline(user: string, from: number, to: number, asOf: number): LogEntry[] {
		return this.log.slice(from - 1, to).flatMap((stored): LogEntry[] => {
			const { type } = stored.wish;
			if (type === "participant_removed") return [this.frame(stored, asOf)];
			const told = this.state(asOf).get(stored.id);
			if (!told) return [];
			const alive = told.replies.filter(({ deleted }) => !deleted);
			const last = alive.at(-1);
			const message = {
				...this.frame(stored, asOf),
				reactions: reactionsOf(told, user),
				pinned: told.pinned,
				...(last
					? {
							thread: {
								count: alive.length,
								lastAt: iso(last.chat.at),
								userIds: writersOf(alive),
							},
						}
					: {}),
			};
			return [message];
		});
	}

	/** Returns all users who set a reaction, and the most users at any time. */
	reactedBy(
		seq: number,
		name: string,
	): { users: readonly string[]; most: number } {
		const told = this.state(this.head).get(`m${seq}`);
		return told?.reactions.get(name) ?? { users: [], most: 0 };
	}

	/** Returns the rows that a user must see in the end, from `from` on. */
	rows(user: string, from: number): TimelineRow[] {
		const now = this.state(this.head);
		return this.log.slice(from - 1).flatMap((stored): TimelineRow[] => {
			const { seq, id, at, wish } = stored;
			const isOwn = wish.user === user;
			const common = {
				key: isOwn ? wish.cmid : id,
				seq,
				senderId: wish.user,
				createdAt: at,
			};
			if (wish.type === "participant_removed")
				return [
					{ ...common, kind: "notice", entry: this.frame(stored, this.head) },
				];
			const told = now.get(id);
			if (!told || wish.type !== "chat") return [];
			const { deleted, text } = told;
			const alive = told.replies.filter((reply) => !reply.deleted);
			const last = alive.at(-1);
			const row: MessageRow = {
				...common,
				kind: "message",
				status: "stored",
				error: undefined,
				isPending: false,
				isOwn,
				messageId: id,
				clientMessageId: wish.cmid,
				replyTo: wish.replyTo,
				threadId: wish.threadId,
				content: deleted ? "" : text,
				isEncrypted: false,
				messageType: "text",
				metadata: deleted ? {} : { text },
				mentions: undefined,
				version: deleted ? 0 : told.version,
				editedAt: deleted || !told.version ? undefined : told.editedAt,
				deleted,
				reactions: reactionsOf(told, user),
				pinned: told.pinned,
				thread: last && {
					count: alive.length,
					lastAt: last.chat.at,
					userIds: writersOf(alive),
				},
			};
			return [row];
		});
	}
}

function reactionsOf(told: Told, user: string) {
	return [...told.reactions]
		.filter(([, { users }]) => users.length > 0)
		.sort(([a], [b]) => (a < b ? -1 : 1))
		.map(([reaction, { users }]) => ({
			reaction,
			count: users.length,
			me: users.includes(user),
			userIds: users.slice(0, 10),
		}));
}

function writersOf(alive: readonly Told[]): string[] {
	return [...new Set(alive.map(({ chat }) => chat.wish.user).reverse())].slice(
		0,
		5,
	);
}
