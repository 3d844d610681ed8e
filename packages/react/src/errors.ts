import { ChatError } from "@secureconnect/client";

/** Converts any error. Without a network, `fetch` and the application's `token` throw arbitrary values. */
export function asChatError(error: unknown): ChatError {
	if (error instanceof ChatError) return error;
	return new ChatError(
		"request_failed",
		error instanceof Error ? error.message : String(error),
	);
}
