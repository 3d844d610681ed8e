import { setTimeout as after } from "node:timers/promises";
import { createRest } from "@secureconnect/client/rest";
import type { ChatOptions } from "./options.ts";

/** What a conversation is called, and who is in it. */
export interface TitleAndNames {
	readonly title: string | undefined;
	/** By user. */
	readonly names: ReadonlyMap<string, string>;
}

const NONE: TitleAndNames = { title: undefined, names: new Map() };
const PATIENCE_MS = 10_000;

/** Asks the server over REST. It is a courtesy: what cannot be had, or not soon, is left out. */
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
