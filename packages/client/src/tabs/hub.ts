import { isInboxType } from "../inbox/inbox-frames.ts";
import { ListCopy, lasting } from "./list-copy.ts";
import type { Start } from "./messages.ts";
import { type HubPort, Room } from "./room.ts";
import { textOf, type WireFrame, wireOf } from "./wire.ts";

interface Command {
	readonly tab: string;
	readonly characters: number;
}

/** Serves several tabs over one socket. To each tab, it is a server with one connection. */
export class Hub {
	/** The holder's own tab, which also checks the socket and renews the token. */
	readonly #own: string;
	readonly #port: HubPort;
	readonly #list = new ListCopy();
	readonly #rooms = new Map<string, Room>();
	readonly #tabs: Set<string>;
	/** Commands without an answer, by `client_message_id`. */
	readonly #commands = new Map<string, Command>();

	constructor(own: string, port: HubPort) {
		this.#own = own;
		this.#port = port;
		this.#tabs = new Set([own]);
	}

	/** Whether the server has sent the list. */
	get isReady(): boolean {
		return this.#list.isKnown;
	}
	/** Tab with the longest command without an answer. */
	get suspect(): string | undefined {
		const [longest] = [...this.#commands.values()].sort(
			(a, b) => b.characters - a.characters,
		);
		return longest?.tab;
	}

	/** Whether other tabs than the holder's are connected. */
	get isShared(): boolean {
		return this.#tabs.size > 1;
	}

	has(tab: string): boolean {
		return this.#tabs.has(tab);
	}

	/** Connects a tab. */
	enter(tab: string): void {
		this.#tabs.add(tab);
		this.#port.deliver([tab], this.#list.frame());
	}

	/** Disconnects a tab. */
	leave(tab: string): void {
		this.#tabs.delete(tab);
		for (const room of this.#rooms.values()) room.part(tab);
	}

	/** Handles a frame of a tab. */
	sent(tab: string, text: string, start: Start | undefined): void {
		if (!this.#tabs.has(tab)) return;
		const frame = wireOf(text);
		const id = textOf(frame.conversation_id);
		const command = textOf(frame.client_message_id);
		if (command !== undefined)
			this.#commands.set(command, { tab, characters: text.length });
		if (frame.type === "auth" && tab !== this.#own)
			this.#port.deliver(
				[tab],
				JSON.stringify({ type: "auth_ok", ...lasting() }),
			);
		else if (id !== undefined && frame.type === "subscribe")
			this.#room(id).join({ tab, text, start });
		else if (id !== undefined && frame.type === "unsubscribe") {
			this.#rooms.get(id)?.part(tab);
			const { timestamp } = lasting();
			this.#port.deliver(
				[tab],
				JSON.stringify({
					type: "unsubscribed",
					conversation_id: id,
					timestamp,
				}),
			);
		} else this.#port.send(text);
	}

	/** Handles a frame of the server. */
	received(text: string): void {
		const frame = wireOf(text);
		const { type } = frame;
		const id = textOf(frame.conversation_id);
		const isOfRoom = type === "subscribed" || type === "unsubscribed";
		if (isInboxType(type) && !isOfRoom) this.#listed(frame, text);
		else if (!this.#answered(frame, text))
			if (id !== undefined) this.#rooms.get(id)?.take(frame, text);
			else this.#about(frame, text);
	}

	#room(id: string): Room {
		const room = this.#rooms.get(id) ?? new Room(id, this.#port);
		this.#rooms.set(id, room);
		return room;
	}

	#listed(frame: WireFrame, text: string): void {
		this.#list.take(frame);
		this.#port.deliver([...this.#tabs], text);
	}

	/** Passes an answer to the tab that sent the command. The stored copy of a command is for all tabs. */
	#answered(frame: WireFrame, text: string): boolean {
		const command = textOf(frame.client_message_id);
		if (command === undefined) return false;
		const tab = this.#commands.get(command)?.tab;
		this.#commands.delete(command);
		if (frame.type !== "ack" && frame.type !== "error") return false;
		// All tabs keep the messages of a tab that is gone.
		this.#port.deliver(
			tab !== undefined && this.#tabs.has(tab) ? [tab] : [...this.#tabs],
			text,
		);
		return true;
	}

	/** Handles a frame about the connection. Tokens are the holder's. */
	#about(frame: WireFrame, text: string): void {
		const isOwn = frame.type === "auth_ok" || frame.code === "unauthorized";
		this.#port.deliver(isOwn ? [this.#own] : [...this.#tabs], text);
	}
}
