/** Commands about messages that a user types into the draft, such as `/edit`. */
import type { Conversation, SentCommand } from "@secureconnect/client";
import type { MessageRow } from "@secureconnect/client/timeline";

export interface TypedCommand {
	readonly name: CommandName;
	/** Number of the message as the screen shows it; undefined means the newest message that suits the command. */
	readonly number: number | undefined;
	readonly text: string;
}

/** Error whose message tells the user what to type instead. */
export class CommandError extends Error {}

interface CommandKind {
	readonly usage: string;
	/** What the message is, for the error if there is none. */
	readonly what: string;
	/** Returns whether the command is about this message if the user names none. */
	readonly suits: (row: MessageRow, text: string) => boolean;
	/** Whether the command has a text. `optional`: it also works without. `draft`: without, the user edits the old one. */
	readonly text: "none" | "optional" | "required" | "draft";
	/** Whether it removes a message that the server has not stored, or has refused. */
	readonly discards?: boolean;
	/** Whether it sends a message. */
	readonly isMessage?: boolean;
	readonly run: (
		conversation: Conversation,
		row: MessageRow & { readonly messageId: string },
		text: string,
	) => readonly SentCommand[];
}

const REACTION = "👍";
const REACTIONS: Readonly<Record<string, string>> = {
	"": REACTION,
	"+1": REACTION,
	"-1": "👎",
};

const isOwn = (row: MessageRow): boolean => row.isOwn;
const isOther = (row: MessageRow): boolean => !row.isOwn;

const COMMANDS = {
	reply: {
		usage: "/reply [#number] text",
		what: "no message of another user",
		suits: isOther,
		text: "required",
		isMessage: true,
		run: (conversation, { messageId, threadId }, text) => {
			conversation.reply(
				{ messageId, ...(threadId === undefined ? {} : { threadId }) },
				text,
			);
			return [];
		},
	},
	edit: {
		usage: "/edit [#number] [text]; without text: to change the old one",
		what: "no message of yours",
		suits: isOwn,
		text: "draft",
		run: (conversation, { messageId }, text) => [
			conversation.edit(messageId, text),
		],
	},
	delete: {
		usage: "/delete [#number]",
		what: "no message of yours",
		suits: isOwn,
		text: "none",
		discards: true,
		run: (conversation, { messageId }) => [conversation.remove(messageId)],
	},
	react: {
		usage: `/react [#number] [reaction]; without reaction: ${REACTION}`,
		what: "no message of another user",
		suits: isOther,
		text: "optional",
		run: (conversation, { messageId }, text) => [
			conversation.react(messageId, reactionOf(text)),
		],
	},
	unreact: {
		usage: "/unreact [#number] [reaction]; without reaction: all of yours",
		what: "no message with such a reaction of yours",
		suits: (row, text) => ownReactions(row, text).length > 0,
		text: "optional",
		run: (conversation, row, text) => {
			const reactions = ownReactions(row, text);
			if (reactions.length === 0)
				throw new CommandError("this message has no such reaction of yours");
			return reactions.map((reaction) =>
				conversation.react(row.messageId, reaction, false),
			);
		},
	},
	pin: {
		usage: "/pin [#number]",
		what: "no message",
		suits: () => true,
		text: "none",
		run: (conversation, { messageId }) => [conversation.pin(messageId)],
	},
	unpin: {
		usage: "/unpin [#number]",
		what: "no pinned message",
		suits: ({ pinned }) => pinned,
		text: "none",
		run: (conversation, { messageId }) => [conversation.pin(messageId, false)],
	},
} as const satisfies Record<string, CommandKind>;

type CommandName = keyof typeof COMMANDS;
const NAMES = Object.keys(COMMANDS) as CommandName[];

function reactionOf(text: string): string {
	return REACTIONS[text] ?? text;
}

function ownReactions({ reactions }: MessageRow, text: string): string[] {
	return reactions
		.filter(
			({ reaction, me }) =>
				me && (text === "" || reaction === reactionOf(text)),
		)
		.map(({ reaction }) => reaction);
}

function kindOf(name: CommandName): CommandKind {
	return COMMANDS[name];
}

function isName(name: string): name is CommandName {
	return Object.hasOwn(COMMANDS, name);
}

/** A slash and letters, like a command. A path such as `/usr/bin` is text. */
const COMMAND = /^\/([a-z]+)(?:\s+#(\d+)(?=\s|$))?(?:\s+(.*))?$/s;

/**
 * Parses a draft. Returns undefined if it is text.
 * @throws {CommandError} if it looks like a command and is none
 */
export function commandIn(draft: string): TypedCommand | undefined {
	const [, name = "", number, text = ""] = COMMAND.exec(draft) ?? [];
	if (name === "") return undefined;
	if (!isName(name))
		throw new CommandError(
			`there is no command /${name}; to send the text, begin with //`,
		);
	return {
		name,
		number: number === undefined ? undefined : Number(number),
		text: text.trimEnd(),
	};
}

/** Returns the text of a draft that is no command: two slashes at the beginning stand for one. */
export function plainText(draft: string): string {
	return draft.startsWith("//") ? draft.slice(1) : draft;
}

/** Returns how to use the commands that a draft may begin; empty if it is text. */
export function usageOf(draft: string): string {
	const [, begun] = /^\/([a-z]*)(?=\s|$)/.exec(draft) ?? [];
	if (begun === undefined) return "";
	const [only, ...others] = NAMES.filter((name) =>
		draft.length > begun.length + 1 ? name === begun : name.startsWith(begun),
	);
	if (only === undefined) return "";
	return others.length === 0 || only === begun
		? kindOf(only).usage
		: [only, ...others].map((name) => `/${name}`).join(" ");
}

/**
 * Returns the message that a command is about.
 * @param rows messages of the list, oldest first
 * @param numbered returns the message that has a number on the screen
 * @throws {CommandError} if there is none
 */
export function targetOf(
	{ name, number, text }: TypedCommand,
	rows: readonly MessageRow[],
	numbered: (number: number) => MessageRow | undefined,
): MessageRow {
	const { suits, what } = kindOf(name);
	const row =
		number === undefined
			? rows.findLast((row) => !row.deleted && suits(row, text))
			: numbered(number);
	if (!row)
		throw new CommandError(
			number === undefined
				? `${what} is loaded`
				: `no message on the screen has the number #${number}`,
		);
	if (row.deleted) throw new CommandError("this message was deleted");
	return row;
}

/**
 * Returns the draft in which the user changes the old text of a message; undefined if the command is complete.
 * @throws {CommandError} if the text cannot be changed here
 */
export function draftOf(
	{ name, text }: TypedCommand,
	{ isOwn, isEncrypted, content }: MessageRow,
	number: number,
): string | undefined {
	if (kindOf(name).text !== "draft" || text !== "") return undefined;
	if (!isOwn) throw new CommandError("you can change only your own messages");
	if (isEncrypted)
		throw new CommandError("an encrypted message cannot be changed here");
	return `/${name} #${number} ${content}`;
}

/**
 * Runs a command.
 * @param discard removes a message that the server has not stored
 * @returns for each change a promise that rejects if the server refuses it
 * @throws {CommandError} if the command cannot be about this message, or lacks a text
 * @throws {ChatError} as {@link Conversation.send}
 */
export function run(
	{ name, text }: TypedCommand,
	row: MessageRow,
	conversation: Conversation,
	discard: (clientMessageId: string) => Promise<void>,
): readonly Promise<unknown>[] {
	const kind = kindOf(name);
	if (kind.text === "none" && text !== "")
		throw new CommandError(`/${name} has no text: ${kind.usage}`);
	if (kind.text === "required" && text === "")
		throw new CommandError(`a text is missing: ${kind.usage}`);
	const { messageId, clientMessageId } = row;
	if (messageId !== undefined)
		return kind
			.run(conversation, { ...row, messageId }, text)
			.map(({ acknowledged }) => acknowledged);
	if (kind.discards && clientMessageId !== undefined)
		return [discard(clientMessageId)];
	throw new CommandError("the server has not stored this message");
}

/** Returns whether a command sends a message. */
export function isMessage({ name }: TypedCommand): boolean {
	return kindOf(name).isMessage ?? false;
}
