import type { LogEntry } from "@secureconnect/client/timeline";
import { foldOf, isAmendment } from "@secureconnect/protocol/entries";
import { excerptOf } from "./excerpt.ts";
import type { Names } from "./names.ts";
import { printable, printableLine } from "./printable.ts";
import { timeOf } from "./time.ts";

/** Number of messages that changes can name. */
const REMEMBERED = 1000;
const MOST_CHARACTERS = 40;

/** What the line about a change says about the message. */
interface Target {
	readonly senderId: string;
	readonly at: Date;
	/** Beginning of the content in one line; empty after a deletion. */
	readonly text: string;
}

/** A line about a change. Only `text` may have line breaks. */
export interface ChangeLine {
	readonly head: string;
	readonly text: string;
}

/** What the sender of a change did; undefined if the message was deleted since. */
type Words = (change: LogEntry, target: string) => string | undefined;

const WORDS: Readonly<Record<string, Words>> = {
	edit: ({ deleted }) => (deleted ? undefined : "edited: "),
	delete: (_, target) => `deleted ${target}`,
	reaction: ({ reaction, on }, target) =>
		reaction === ""
			? undefined
			: `${on ? "reacted with" : "took back"} ${printableLine(String(reaction))} ${on ? "to" : "from"} ${target}`,
	pin: ({ on }, target) => `${on ? "pinned" : "unpinned"} ${target}`,
};

/** Lines about changes of messages, safe for a terminal, for an output that cannot draw a message again. */
export class Changes {
	readonly #names: Names;
	readonly #targets = new Map<string, Target>();

	constructor(names: Names) {
		this.#names = names;
	}

	/** Remembers a message, so that later lines can name it. */
	saw({
		messageId = "",
		senderId = "",
		timestamp = "",
		content,
	}: LogEntry): void {
		const text = excerptOf(String(content), MOST_CHARACTERS);
		this.#targets.set(messageId, { senderId, at: new Date(timestamp), text });
		const [oldest = ""] = this.#targets.keys();
		if (this.#targets.size > REMEMBERED) this.#targets.delete(oldest);
	}

	/** Returns the sender of a message and, of an answer, the user to whom it answers. */
	senderOf({ senderId = "", replyTo, threadId }: LogEntry): string {
		const name = this.#names.of(senderId);
		const about = replyTo ?? threadId;
		if (about === undefined) return name;
		const target = this.#targets.get(about);
		return target
			? `${name} (to ${this.#names.of(target.senderId)})`
			: `${name} (to an earlier message)`;
	}

	/**
	 * Returns the line about a change; undefined for types that this version does not know, and for a change without a
	 * trace, because the message was deleted since.
	 */
	lineOf(change: LogEntry): ChangeLine | undefined {
		const { type = "", targetId = "", senderId = "", content } = change;
		if (!isAmendment(type)) return undefined;
		const { kind } = foldOf(type) ?? {};
		const isReplaced = kind === "replace";
		const target = this.#targets.get(targetId);
		const named = target && kind === "erase" ? { ...target, text: "" } : target;
		const words = WORDS[type]?.(change, this.#nameOf(named));
		if (words === undefined) return undefined;
		if (target && (isReplaced || kind === "erase"))
			this.#targets.set(targetId, {
				...target,
				text: isReplaced ? excerptOf(String(content), MOST_CHARACTERS) : "",
			});
		return {
			head: `${this.#names.of(senderId)} ${words}`,
			text: isReplaced ? printable(String(content)) : "",
		};
	}

	#nameOf(target: Target | undefined): string {
		if (!target) return "an earlier message";
		const name = this.#names.of(target.senderId);
		return target.text === ""
			? `the message of ${name} at ${timeOf(target.at)}`
			: `${name}: ${target.text}`;
	}
}
