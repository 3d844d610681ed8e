import { ChatError } from "@secureconnect/client";

/** `fetch`, and the application's `token`, throw what they like where there is no network. */
export function asChatError(error: unknown): ChatError {
	if (error instanceof ChatError) return error;
	return new ChatError(
		"request_failed",
		error instanceof Error ? error.message : String(error),
	);
}
