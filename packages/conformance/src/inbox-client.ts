import { randomUUID } from "node:crypto";
import type { WebSocket } from "ws";
import { type Frame, TestClient } from "./test-client.ts";

/** Frames of the list that name one conversation and belong to no subscription. */
const LIST_TYPES: readonly unknown[] = ["conversation_removed"];

/** Connection of the suite for all conversations of a user. */
export class InboxClient extends TestClient {
	/** Attaches to a socket that is still connecting. */
	constructor(ws: WebSocket, userId: string) {
		super(ws, userId, "");
	}

	/** Returns the frames about a conversation, from a position on, without changes of the list. */
	about(room: string, from = 0): Frame[] {
		return this.frames
			.slice(from)
			.filter(
				({ type, conversation_id }) =>
					conversation_id === room && !LIST_TYPES.includes(type),
			);
	}

	/** Sends a frame about a conversation. */
	tell(room: string, frame: Frame): Promise<void> {
		return this.send({ ...frame, conversation_id: room });
	}

	/** Sends a frame about a conversation, and resolves with the next frame of a type about it. */
	async ask(room: string, frame: Frame, answer: string): Promise<Frame> {
		const from = this.mark;
		await this.tell(room, frame);
		return this.answer(room, answer, from);
	}

	/** Resolves with the first frame of a type about a conversation, from a position on. */
	answer(room: string, type: string, from: number): Promise<Frame> {
		return this.find(
			`a frame of the type ${type} about the conversation`,
			(frame) => frame.type === type && frame.conversation_id === room,
			from,
		);
	}

	/** Subscribes to a conversation, and resolves with `subscribed`. */
	subscribe(room: string, fields: Frame = {}): Promise<Frame> {
		return this.ask(room, { ...fields, type: "subscribe" }, "subscribed");
	}

	/** Sends a chat message, and resolves with its answer: the own copy, `ack` or `error`. */
	async talk(room: string, fields: Frame = {}): Promise<Frame> {
		const client_message_id = randomUUID();
		const from = this.mark;
		const chat = { type: "chat", content: randomUUID(), client_message_id };
		await this.tell(room, { ...chat, ...fields });
		return this.find(
			"an answer with its client_message_id",
			(frame) => frame.client_message_id === client_message_id,
			from,
		);
	}

	/** Returns the list as the frames describe it: the newest row of each conversation. */
	rows(): Map<string, Frame> {
		const rows = new Map<string, Frame>();
		for (const { type, conversations, conversation, conversation_id } of this
			.frames) {
			const changed = [
				...((conversations ?? []) as Frame[]),
				...(conversation ? [conversation as Frame] : []),
			];
			for (const row of changed) rows.set(String(row.conversation_id), row);
			if (type === "conversation_removed") rows.delete(String(conversation_id));
		}
		return rows;
	}

	row(room: string): Frame | undefined {
		return this.rows().get(room);
	}

	/** Returns the newest totals. */
	totals(): Frame {
		const { total_unread, total_mentions } =
			this.frames.findLast((frame) => "total_unread" in frame) ?? {};
		return { total_unread, total_mentions };
	}
}
