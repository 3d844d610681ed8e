import { setTimeout as after } from "node:timers/promises";
import { createRest } from "@secureconnect/client/rest";
import type { ChatOptions } from "./options.ts";

/** Title and participants of a conversation. */
export interface TitleAndNames {
	readonly title: string | undefined;
	/** Names by user id. */
	readonly names: ReadonlyMap<string, string>;
}

const NONE: TitleAndNames = { title: undefined, names: new Map() };
const PATIENCE_MS = 10_000;

/**
 * Requests the details over REST. They are optional: if the request fails or takes longer than {@link PATIENCE_MS}, the
 * result is empty.
 */
export async function detailsOf(options: ChatOptions): Promise<TitleAndNames> {
	return Promise.race([
		ask(options).catch(() => NONE),
		after(PATIENCE_MS, NONE, { ref: false }),
	]);
}

async function ask({
	url,
	conversationId,
	token,
}: ChatOptions): Promise<TitleAndNames> {
	const { title, participants } = await createRest({
		url,
		token,
	}).conversation(conversationId);
	return {
		title: title ?? undefined,
		names: new Map(
			participants.flatMap(({ userId, name }) =>
				name === undefined ? [] : [[userId, name] as const],
			),
		),
	};
}
