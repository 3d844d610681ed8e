import { randomUUID } from "node:crypto";
import type { Client, Seat } from "./client.ts";
import { rest } from "./http.ts";

const RETRY_MS = 50;

/** Client that only sends, over REST: one message after the other, each again until there is an answer. */
export class RestClient implements Client {
	readonly #seat: Seat;
	readonly #waiting: { readonly content: string; readonly id: string }[] = [];
	#busy = false;
	#ended = false;
	readonly shownSeq = 0;
	readonly isConnected = undefined;

	constructor(seat: Seat) {
		this.#seat = seat;
	}

	get unanswered(): number {
		return this.#waiting.length;
	}

	start(): void {
		if (!this.#busy) void this.#run();
	}

	say(content: string): void {
		this.#waiting.push({ content, id: randomUUID() });
		this.start();
	}

	stopReading(): void {}
	readOn(): void {}
	drop(): void {}

	end(): void {
		this.#ended = true;
	}

	async #run(): Promise<void> {
		this.#busy = true;
		for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
			if (this.#ended) break;
			if (await this.#post(next.content, next.id)) this.#waiting.shift();
			else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
		}
		this.#busy = false;
	}

	async #post(content: string, id: string): Promise<boolean> {
		const { journal, conversationId, endpoint, token } = this.#seat;
		journal.write(0, { kind: "sent", content, id });
		try {
			const { status, body } = await rest(
				endpoint,
				"POST",
				`/v1/conversations/${conversationId}/messages`,
				token,
				{ content, client_message_id: id },
			);
			const stored = body as { message_id: string; seq: number };
			const isStored = status === 200 || status === 201;
			if (isStored)
				journal.write(0, {
					kind: "acknowledged",
					content,
					messageId: stored.message_id,
					seq: stored.seq,
				});
			else journal.write(0, { kind: "refused", code: String(status), id });
			return isStored;
		} catch {
			// Without an answer the message may or may not be stored, so send it again.
			return false;
		}
	}
}
