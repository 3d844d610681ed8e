import type { LogEntry } from "@secureconnect/client/timeline";
import { fromWire } from "@secureconnect/protocol/wire";
import { Changes } from "./changes.ts";
import {
	forever,
	openConversation,
	untilOver,
	untilReady,
} from "./conversation.ts";
import { detailsOf } from "./details.ts";
import { follow, MOST_RESTORED, type WireFrame } from "./follow.ts";
import { Names } from "./names.ts";
import { noticeOf } from "./notices.ts";
import { type ChatFlags, chatOptions } from "./options.ts";
import { Output, untilStopped } from "./output.ts";
import { jsonLine, printable, shortened } from "./printable.ts";
import { reportStatus } from "./status.ts";
import { dateAndTime } from "./time.ts";
import { wrapped } from "./wrap.ts";

const HISTORY = 10;
const INDENT = "    ";

/**
 * Runs `secureconnect tail`: prints the newest messages of a conversation, then new ones as they arrive.
 * @throws {StartupError}
 */
export async function tail(
	conversationId: string,
	flags: ChatFlags,
): Promise<void> {
	const options = await chatOptions(conversationId, flags, HISTORY);
	const output = new Output();
	const { conversation, conversations, close } = openConversation(options);
	try {
		reportStatus(conversation, options.url);
		let wasReady = false;
		const ready = untilReady(conversation).then(() => {
			wasReady = true;
		});
		const names = new Names();
		conversation.on("presence", (users) => names.know(users));
		const changes = new Changes(names);
		const print = flags.json
			? (frame: WireFrame) => output.line(jsonLine(frame))
			: (frame: WireFrame, isLive: boolean) => {
					const entry = fromWire(frame) as LogEntry;
					for (const line of linesFor(entry, isLive, names, changes))
						output.line(line);
				};
		const following = async (): Promise<void> => {
			// The request waits for the first connection, so that it does not fail while the server is unreachable.
			const details = flags.json
				? undefined
				: ready.then(() => detailsOf(conversations, conversation.id));
			await follow(
				conversation,
				options.history,
				print,
				async () => names.knowAll((await details)?.names ?? new Map()),
				MOST_RESTORED,
			);
			if (flags.follow) await forever();
		};
		await Promise.race([
			following(),
			untilOver(conversation, options.url, () => wasReady),
			output.gone,
			untilStopped(),
		]);
	} finally {
		close();
	}
}

/**
 * Formats a frame for people. Returns no lines for frames that are not part of the log, and for earlier changes: the
 * message itself shows them.
 */
function linesFor(
	entry: LogEntry,
	isLive: boolean,
	names: Names,
	changes: Changes,
): string[] {
	const { type, timestamp = "", content, editedAt, deleted } = entry;
	const lined = (head: string, text = ""): string[] =>
		laidOut(`${dateAndTime(timestamp)} ${head}`, text);
	if (type === "chat") {
		if (deleted) return [];
		changes.saw(entry);
		const mark = editedAt === undefined ? "" : " (edited)";
		return lined(
			`${changes.senderOf(entry)}${mark}: `,
			printable(String(content)),
		);
	}
	const notice = noticeOf(entry, names);
	if (notice !== undefined) return lined(notice);
	const change = isLive ? changes.lineOf(entry) : undefined;
	return change ? lined(change.head, change.text) : [];
}

/** Indents all lines of a message but the first, so that no content can look like the message of another user. */
function laidOut(head: string, text: string): string[] {
	const { columns, isTTY } = process.stdout;
	const lines = isTTY
		? ((): string[] => {
				const { text: kept, more } = shortened(text);
				return wrapped(
					head + kept + (more && `\n${more}`),
					(columns || 80) - INDENT.length,
				);
			})()
		: (head + text).split("\n");
	return lines.map((line, i) => (i === 0 ? line : INDENT + line));
}
