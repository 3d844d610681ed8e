import {
	type ChatClient,
	type Conversation,
	type ConversationTimeline,
	timelineOf,
} from "@secureconnect/client";
import { Shared } from "./shared.ts";
import { Store } from "./store.ts";

/** A conversation and its timeline, which all hooks about messages share. Has no state of its own. */
export class Room extends Store<undefined> {
	readonly conversation: Conversation;
	readonly timeline: ConversationTimeline;

	constructor(client: ChatClient, id: string) {
		super(undefined);
		this.conversation = client.conversation(id);
		this.timeline = timelineOf(this.conversation);
	}

	override close(): void {
		this.conversation.close();
	}
}

export const ROOMS = new Shared(
	undefined,
	(client: ChatClient, id) => new Room(client, id),
);

/** Opens the room of a conversation. Call `leave` once it is not used any more. */
export function enterRoom(
	client: ChatClient,
	id: string,
): { readonly room: Room; readonly leave: () => void } {
	const leave = ROOMS.subscribe(client, id, () => {});
	const room = ROOMS.get(client, id);
	if (!room) throw new Error("a subscription creates the room");
	return { room, leave };
}
