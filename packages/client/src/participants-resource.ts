import type { RestShapes } from "@secureconnect/protocol";
import {
	type ConversationDetails,
	readDetails,
} from "./conversation-details.ts";
import type { Metadata } from "./events.ts";
import type { RestClient } from "./rest-client.ts";

/** A user who takes part in a conversation. */
export type Participant = RestShapes["conversation"]["participants"][number];
/** Role of a participant, which decides what the participant may do. */
export type Role = Participant["role"];

/** Participants of one conversation, over REST. */
export class ParticipantsResource<C extends object = Metadata> {
	readonly #rest: RestClient;
	readonly #path: string;

	/** @internal */
	constructor(rest: RestClient, conversationPath: string) {
		this.#rest = rest;
		this.#path = conversationPath;
	}

	/** Lists the first 1,000 participants. `participantCount` of the conversation counts all. */
	async list(): Promise<readonly Participant[]> {
		const answer = this.#rest.read<ConversationDetails<C>>(this.#path);
		return (await answer).participants;
	}

	/**
	 * Adds users; only owners may. Existing participants are not an error. On `conversation_full` and
	 * `too_many_additions` no user was added.
	 * @returns the conversation with its participants
	 */
	add(userIds: readonly string[]): Promise<ConversationDetails<C>> {
		return readDetails(this.#rest, `${this.#path}/participants`, "POST", {
			participantIds: userIds,
		});
	}

	/**
	 * Gives a participant a role; only owners may. Rejects with `last_owner` if the conversation would have no owner, and
	 * with `conflict` in a direct conversation.
	 * @returns the conversation with its participants
	 */
	setRole(userId: string, role: Role): Promise<ConversationDetails<C>> {
		return readDetails(this.#rest, this.#pathOf(userId), "PATCH", { role });
	}

	/** Removes a user; only owners may remove other users. */
	async remove(userId: string): Promise<void> {
		await this.#rest.request(this.#pathOf(userId), "DELETE");
	}

	/** Removes this user. The server then closes the user's connections to the conversation. */
	async leave(): Promise<void> {
		await this.remove(await this.#rest.userId());
	}

	#pathOf(userId: string): string {
		return `${this.#path}/participants/${encodeURIComponent(userId)}`;
	}
}
