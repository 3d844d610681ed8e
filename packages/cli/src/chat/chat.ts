import { StartupError } from "@secureconnect/server/startup-error";
import { type ChatFlags, chatOptions } from "./options.ts";

const HISTORY = 50;

/**
 * Runs `secureconnect chat`.
 * @throws {StartupError}
 */
export async function chat(
	conversationId: string,
	flags: ChatFlags,
): Promise<void> {
	if (flags.json) {
		const { chatJson } = await import("./json.ts");
		return chatJson(await chatOptions(conversationId, flags, 0));
	}
	if (!process.stdin.isTTY || !process.stdout.isTTY)
		throw new StartupError(
			'standard input or output is not a terminal: give --json to send lines and print frames, or run "secureconnect tail" to read',
		);
	// React's development build is slower and writes to the console.
	process.env.NODE_ENV ??= "production";
	const { interactive } = await import("./interactive.ts");
	await interactive(await chatOptions(conversationId, flags, HISTORY));
}
