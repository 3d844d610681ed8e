import type { RestShapes } from "@secureconnect/protocol";
import type { Metadata } from "./events.ts";
import type { RestClient } from "./rest-client.ts";

/** One user's own settings for a conversation, on all devices. No other user sees them (rule ME-1). */
export interface ConversationSettings {
	/**
	 * Time until which no message should notify the user, in milliseconds since 1970; null if the conversation is not
	 * muted. `Infinity` mutes it for ever, which the server stores as the year 9999.
	 */
	readonly mutedUntil: number | null;
	readonly archived: boolean;
	readonly favourite: boolean;
	/** The user's next read receipt clears it (rule ME-2). */
	readonly markedUnread: boolean;
}

/**
 * Details of a conversation. `participants`: the first 1,000 of `participantCount`. The user's own settings are absent
 * if the user is not a participant, and on servers of earlier versions.
 */
export interface ConversationDetails<C extends object = Metadata>
	extends Omit<RestShapes["conversation"], "metadata" | "mutedUntil">,
		Partial<Pick<ConversationSettings, "mutedUntil">> {
	readonly metadata: C;
}

/** A time on the wire has a year of four digits. */
const LATEST = Date.UTC(9999, 11, 31);

/** Converts a time to its form on the wire. Undefined and null remain. */
export function muteOf<T extends null | undefined>(
	until: number | T,
): string | T {
	return typeof until === "number"
		? new Date(Math.min(until, LATEST)).toISOString()
		: until;
}

/** Converts the time in an answer that contains the user's own settings, if it does. */
export function withMute<T extends { readonly mutedUntil?: string | null }>(
	answer: T,
): Omit<T, "mutedUntil"> & Partial<Pick<ConversationSettings, "mutedUntil">> {
	const { mutedUntil, ...rest } = answer;
	if (mutedUntil === undefined) return rest;
	return {
		...rest,
		mutedUntil: mutedUntil === null ? null : Date.parse(mutedUntil),
	};
}

/** Requests a path whose answer is a conversation. */
export async function readDetails<C extends object>(
	rest: RestClient,
	path: string,
	method?: string,
	body?: unknown,
): Promise<ConversationDetails<C>> {
	const answer = rest.read<RestShapes["conversation"]>(path, method, body);
	return withMute(await answer) as ConversationDetails<C>;
}
