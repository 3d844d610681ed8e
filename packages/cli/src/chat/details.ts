import { setTimeout as after } from "node:timers/promises";
import type { ConversationsResource } from "@secureconnect/client";

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
export async function detailsOf(
	conversations: ConversationsResource,
	id: string,
): Promise<TitleAndNames> {
	return Promise.race([
		ask(conversations, id).catch(() => NONE),
		after(PATIENCE_MS, NONE, { ref: false }),
	]);
}

async function ask(
	conversations: ConversationsResource,
	id: string,
): Promise<TitleAndNames> {
	const { title, participants } = await conversations.get(id);
	return {
		title: title ?? undefined,
		names: new Map(
			participants.flatMap(({ userId, name }) =>
				name === undefined ? [] : [[userId, name] as const],
			),
		),
	};
}
