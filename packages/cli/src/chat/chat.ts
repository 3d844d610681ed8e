import { StartupError } from "@secureconnect/server/startup-error";
import { type ChatFlags, chatOptions } from "./options.ts";

const HISTORY = 50;

/**
 * `secureconnect chat`.
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
			'this is no terminal: give --json to send lines and get frames, or "secureconnect tail" to read along',
		);
	// React's other build, which is for finding faults in components, is slower and talks to the console.
	process.env.NODE_ENV ??= "production";
	const { interactive } = await import("./interactive.ts");
	await interactive(await chatOptions(conversationId, flags, HISTORY));
}
