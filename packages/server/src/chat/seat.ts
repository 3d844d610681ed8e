import type { Subscriber } from "./ports.ts";
import type { Departure } from "./presence.ts";
import type { Room } from "./room.ts";

/** Place of a connection in one conversation. */
export class Seat {
	readonly room: Room;
	readonly subscriber: Subscriber;
	/** Whether the seat shows its user as online. */
	readonly isPresent: boolean;
	/** `seq` of the next entry that the connection receives. */
	nextSeq: number;
	/**
	 * Events that are not in the log, the newest per key. Set while the connection reads from the log. The connection
	 * receives them when it is live again.
	 */
	deferred: Map<string, string> | undefined = undefined;

	constructor(
		room: Room,
		subscriber: Subscriber,
		nextSeq: number,
		isPresent: boolean,
	) {
		this.room = room;
		this.subscriber = subscriber;
		this.nextSeq = nextSeq;
		this.isPresent = isPresent;
	}

	/** Returns the `seq` of the newest entry written to the connection. */
	get writtenSeq(): number {
		return this.nextSeq - 1;
	}
	/** Returns whether the seat's user may only read. */
	get isReader(): boolean {
		return this.room.isReader(this.subscriber.userId);
	}

	/** Sends one frame to this connection only, in order with the frames for the whole room. */
	reply(json: string): void {
		this.room.reply(this, json);
	}
	/** Writes the frames of {@link reply} that still wait. */
	writeReplies(): void {
		this.room.writeReplies(this);
	}
	/** Changes the name that presence shows for the seat's user. */
	rename(name: string): void {
		this.room.presence.rename(this.subscriber.userId, name);
	}
	/** Ends the seat. Does nothing if it has ended. */
	leave(how: Departure): void {
		this.room.detach(this, how);
	}
}
