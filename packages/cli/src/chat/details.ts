import type { WireRest } from "@secureconnect/protocol";
import type { ChatOptions } from "./options.ts";

/** What a conversation is called, and who is in it. */
export interface Details {
	readonly title: string | undefined;
	/** By user. */
	readonly names: ReadonlyMap<string, string>;
}

const NONE: Details = { title: undefined, names: new Map() };
const PATIENCE_MS = 10_000;

/** Asks the server over REST. It is a courtesy: what cannot be had is left out. */
export async function detailsOf({
	url,
	conversationId,
	token,
}: ChatOptions): Promise<Details> {
	try {
		const response = await fetch(`${url}/v1/conversations/${conversationId}`, {
			headers: { Authorization: `Bearer ${await token()}` },
			signal: AbortSignal.timeout(PATIENCE_MS),
		});
		if (!response.ok) return NONE;
		const { title, participants } =
			(await response.json()) as WireRest["conversation"];
		return {
			title: title ?? undefined,
			names: new Map(
				participants.flatMap(({ user_id, name }) =>
					name === undefined ? [] : [[user_id, name] as const],
				),
			),
		};
	} catch {
		return NONE;
	}
}
