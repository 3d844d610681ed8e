import type { WireServerFrame } from "@secureconnect/protocol";
import {
	follow,
	forever,
	MOST_RESTORED,
	openConversation,
	untilOver,
	untilReady,
} from "./conversation.ts";
import { detailsOf } from "./details.ts";
import { Names } from "./names.ts";
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
	const { conversation, close } = openConversation(options);
	try {
		reportStatus(conversation, options.url);
		let wasReady = false;
		const ready = untilReady(conversation).then(() => {
			wasReady = true;
		});
		const names = new Names();
		conversation.on("presence", (users) => names.know(users));
		const print = flags.json
			? (frame: WireServerFrame) => output.line(jsonLine(frame))
			: (frame: WireServerFrame) => {
					for (const line of linesFor(frame, names)) output.line(line);
				};
		const following = async (): Promise<void> => {
			// The request waits for the first connection, so that it does not fail while the server is unreachable.
			const details = flags.json
				? undefined
				: ready.then(() => detailsOf(options));
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

/** Formats a frame for people. Returns no lines for frames that are not part of the log. */
function linesFor(frame: WireServerFrame, names: Names): string[] {
	switch (frame.type) {
		case "chat": {
			const head = `${dateAndTime(frame.timestamp)} ${names.of(frame.sender_id)}: `;
			return laidOut(head, printable(frame.content));
		}
		case "participant_removed":
			return [
				`${dateAndTime(frame.timestamp)} ${names.of(frame.user_id)} ${frame.user_id === frame.sender_id ? "left" : `was removed by ${names.of(frame.sender_id)}`}`,
			];
		default:
			return [];
	}
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
