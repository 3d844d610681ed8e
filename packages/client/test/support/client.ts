import type {
	ClientOptions,
	Conversation,
	Message,
} from "@secureconnect/client";
import { createClient } from "@secureconnect/client";
import { onTestFinished } from "vitest";
import { token } from "../../../server/test/support/token.ts";

const TIMEOUT_MS = 30_000;

/** Creates a user's client with tokens that the tests' server accepts. It closes after the test. */
export function clientOf(
	server: { readonly address: string },
	userId: string,
	options: Partial<ClientOptions> = {},
): ReturnType<typeof createClient> {
	const client = createClient({
		url: `http://${server.address}`,
		token: () => token(userId),
		...options,
	});
	onTestFinished(() => client.close());
	return client;
}

/** Resolves when `find` returns a value. It is called at every event of a conversation. */
export function until<T>(
	conversation: Conversation,
	find: () => T | undefined | false,
	what: string,
	timeoutMs = TIMEOUT_MS,
): Promise<T> {
	return new Promise((resolve, reject) => {
		const offs: (() => void)[] = [];
		const end = (): void => {
			clearTimeout(timer);
			for (const off of offs) off();
		};
		const check = (): void => {
			const found = find();
			if (found === undefined || found === false) return;
			end();
			resolve(found);
		};
		const timer = setTimeout(() => {
			end();
			reject(
				new Error(
					`expected ${what}; the connection is ${JSON.stringify(conversation.state)}`,
				),
			);
		}, timeoutMs);
		for (const event of [
			"message",
			"removal",
			"typing",
			"read",
			"presence",
			"state",
			"ready",
			"outbox",
			"storage",
			"error",
			"invalid",
			"missing",
			"reset",
		] as const)
			offs.push(conversation.on(event, () => queueMicrotask(check)));
		check();
	});
}

/** Resolves when the conversation's connection is ready. */
export async function ready(conversation: Conversation): Promise<void> {
	if (conversation.state.name === "open" && conversation.presenceCount > 0)
		return;
	await new Promise<void>((resolve) => {
		const off = conversation.on("ready", () => {
			off();
			resolve();
		});
	});
}

/** Collects every message of a conversation. */
export function collect(conversation: Conversation): Message[] {
	const messages: Message[] = [];
	conversation.on("message", (message) => messages.push(message));
	return messages;
}
